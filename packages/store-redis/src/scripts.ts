/**
 * What happens on the server: one Lua script for each step that must be atomic. All keys of a script share one hash tag.
 * Scripts read the server's clock themselves; instants are milliseconds.
 */

/** A script as it is sent. */
export type Script = string

const NOW = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
`

/** Prolongs a key's life to an instant; never shortens it. */
const OUTLIVE = `
local function outlive(key, instant)
  if redis.call('PTTL', key) < instant - now then redis.call('PEXPIREAT', key, instant) end
end
`

/**
 * A partition's subjects lie in one hash: under \`<subject>:e\` the epoch, below which sessions are dead, under
 * \`<subject>:n\` the epoch that logins are given: ahead of the other while a revocation is under way.
 */
const EPOCHS = `
local function epochOf(subject) return tonumber(redis.call('HGET', KEYS[1], subject .. ':e')) end
local function loginEpochOf(subject) return tonumber(redis.call('HGET', KEYS[1], subject .. ':n')) end
`

const PROLOGUE = `${NOW}${OUTLIVE}${EPOCHS}`

/** KEYS subjects, session, index; ARGV subject, epoch, version, data, expiresAt, createdAt, member. */
export const INSERT: Script = `${PROLOGUE}
local subject, epoch, expiresAt = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
if expiresAt <= now or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local current = loginEpochOf(subject)
if current and current ~= epoch then return 0 end
if not current then redis.call('HSET', KEYS[1], subject .. ':e', ARGV[2], subject .. ':n', ARGV[2]) end
redis.call('HSET', KEYS[2], 'e', ARGV[2], 'v', ARGV[3], 'd', ARGV[4], 'x', ARGV[5])
redis.call('PEXPIREAT', KEYS[2], expiresAt)
for _, member in ipairs(redis.call('ZRANGE', KEYS[3], 0, 9)) do
  if tonumber(string.match(member, ':(%d+)$')) <= now then redis.call('ZREM', KEYS[3], member) end
end
redis.call('ZADD', KEYS[3], ARGV[6], ARGV[7])
outlive(KEYS[1], expiresAt)
outlive(KEYS[3], expiresAt)
return 1`

/** KEYS subjects, session. */
export const FIND: Script = `${NOW}
return { tostring(now), redis.call('HMGET', KEYS[2], 'e', 'v', 'd', 'x'), redis.call('HGETALL', KEYS[1]) }`

/** KEYS subjects, session; ARGV subject, epoch, version, data, expected version. */
export const REPLACE: Script = `${EPOCHS}
local epoch = epochOf(ARGV[1])
if not epoch or tonumber(ARGV[2]) < epoch then return 0 end
if redis.call('HGET', KEYS[2], 'v') ~= ARGV[5] then return 0 end
if tonumber(redis.call('HGET', KEYS[2], 'e')) < epoch then return 0 end
redis.call('HSET', KEYS[2], 'e', ARGV[2], 'v', ARGV[3], 'd', ARGV[4])
return 1`

/** KEYS subjects; ARGV subject, life of a new row. */
export const EPOCH: Script = `${PROLOGUE}
local epoch = loginEpochOf(ARGV[1])
if not epoch then
  epoch = now
  redis.call('HSET', KEYS[1], ARGV[1] .. ':e', now, ARGV[1] .. ':n', now)
end
outlive(KEYS[1], now + tonumber(ARGV[2]))
return { tostring(epoch), tostring(now) }`

/** First step of a subject's revocation: logins from now on get the coming epoch. KEYS subjects; ARGV subject, expiresAt. */
export const RESERVE: Script = `${PROLOGUE}
local old = loginEpochOf(ARGV[1]) or now
local coming = math.max(now, old + 1)
if not epochOf(ARGV[1]) then redis.call('HSET', KEYS[1], ARGV[1] .. ':e', old) end
redis.call('HSET', KEYS[1], ARGV[1] .. ':n', coming)
outlive(KEYS[1], tonumber(ARGV[2]))
return tostring(coming)`

/**
 * Last step: everything older is dead, in one write. KEYS subjects, index, and the session to keep; ARGV subject, epoch,
 * the kept session's member of the index.
 */
export const RAISE: Script = `${EPOCHS}
local old, epoch = epochOf(ARGV[1]), tonumber(ARGV[2])
if old and old >= epoch then return 0 end
local life = redis.call('PTTL', KEYS[2])
local score = KEYS[3] and redis.call('ZSCORE', KEYS[2], ARGV[3])
local kept = KEYS[3] and tonumber(redis.call('HGET', KEYS[3], 'e'))
redis.call('DEL', KEYS[2])
if score and kept and old and kept >= old then
  redis.call('HSET', KEYS[3], 'e', ARGV[2])
  redis.call('HINCRBY', KEYS[3], 'v', 1)
  redis.call('ZADD', KEYS[2], score, ARGV[3])
  redis.call('PEXPIRE', KEYS[2], life)
end
redis.call('HSET', KEYS[1], ARGV[1] .. ':e', ARGV[2])
if (loginEpochOf(ARGV[1]) or 0) < epoch then redis.call('HSET', KEYS[1], ARGV[1] .. ':n', ARGV[2]) end
return 1`

/** KEYS subjects, session. Gives what was there, for the caller to judge whether it still lived. */
export const REMOVE: Script = `
local row = redis.call('HMGET', KEYS[2], 'e', 'v', 'd', 'x')
redis.call('DEL', KEYS[2])
return { row, redis.call('HGETALL', KEYS[1]) }`

/** KEYS token; ARGV expiresAt. */
export const MARK: Script = `
local created = redis.call('SET', KEYS[1], '', 'NX')
if created then redis.call('PEXPIREAT', KEYS[1], ARGV[1]) end
return created and 1 or 0`

/** KEYS subjects, session, token; ARGV subject, epoch. */
export const IS_REVOKED: Script = `${EPOCHS}
local epoch = epochOf(ARGV[1])
local alive = epoch and tonumber(ARGV[2]) >= epoch and redis.call('EXISTS', KEYS[2]) == 1 and redis.call('EXISTS', KEYS[3]) == 0
return alive and 0 or 1`

/** KEYS index; ARGV first, last. */
export const MEMBERS: Script = `return redis.call('ZREVRANGE', KEYS[1], ARGV[1], ARGV[2])`

/** KEYS subjects, sessions... */
export const ROWS: Script = `${NOW}
local rows = {}
for at = 2, #KEYS do rows[at - 1] = redis.call('HMGET', KEYS[at], 'e', 'v', 'd', 'x') end
return { tostring(now), rows, redis.call('HGETALL', KEYS[1]) }`

/** KEYS feed; ARGV mark, its life. Entries go when they have expired, never because there are many. */
export const PUBLISH: Script = `${NOW}${OUTLIVE}
local life = tonumber(ARGV[2])
redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', math.max(0, now - life)), '*', 'm', ARGV[1])
outlive(KEYS[1], now + life)
return 1`

/**
 * KEYS feed; ARGV id of the last entry read, most entries. An id that this server does not hold any more (it was trimmed,
 * or lost in a failover) proves nothing about what followed it: everything retained is given.
 */
export const READ: Script = `
local from = '-'
if ARGV[1] ~= '' and #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 1 then from = '(' .. ARGV[1] end
return redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', ARGV[2])`
