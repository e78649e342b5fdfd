/**
 * What happens on the server: one Lua script for each step that must be atomic. All keys of a script share one hash tag.
 * Scripts read the server's clock themselves; instants are milliseconds.
 *
 * A partition is one hash. Under a subject's field stand its epochs, `<epoch>` or, while a revocation is under way,
 * `<epoch> <coming epoch>`: sessions below the first are dead, logins are given the second. Under a session's random part stands
 * its expiry: the index, in which nothing is as short as a field. A session is a text, `<epoch> <version> <field> <data>`.
 */

/** A script as it is sent. */
export type Script = string

const NOW = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function outlive(key, instant)
  if redis.call('PTTL', key) < instant - now then redis.call('PEXPIREAT', key, instant) end
end
`

const EPOCHS = `
local function epochsOf(subject)
  local current, coming = string.match(redis.call('HGET', KEYS[1], subject) or '', '^(%d+) ?(%d*)$')
  return tonumber(current), tonumber(coming) or tonumber(current)
end
local function sessionOf(key)
  local text = redis.call('GET', key)
  if not text then return nil end
  local epoch, version, rest = string.match(text, '^(%d+) (%d+) (.*)$')
  return { text = text, epoch = tonumber(epoch), version = tonumber(version), rest = rest }
end
local function subjectOf(session) return string.match(session.rest, '^%S+') end
`

const PROLOGUE = `${NOW}${EPOCHS}`

/** A subject's field is so long; random parts are longer. */
const FIELD_LENGTH = 8

/** From so many entries on, every so many logins the expired ones are looked for. */
const INDEX_SWEEP = 64

/** KEYS partition, session; ARGV subject, epoch, text, expiry, random. */
export const INSERT: Script = `${PROLOGUE}
local expiry = tonumber(ARGV[4])
if expiry <= now or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local current, coming = epochsOf(ARGV[1])
if current and coming ~= tonumber(ARGV[2]) then return 0 end
if not current then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('SET', KEYS[2], ARGV[3])
-- Redis drops a key once its instant has passed, a session ends as its instant comes.
redis.call('PEXPIREAT', KEYS[2], expiry - 1)
if redis.call('HLEN', KEYS[1]) % ${INDEX_SWEEP} == 0 then
  local entries = redis.call('HGETALL', KEYS[1])
  for at = 1, #entries, 2 do
    if #entries[at] > ${FIELD_LENGTH} and tonumber(entries[at + 1]) <= now then redis.call('HDEL', KEYS[1], entries[at]) end
  end
end
redis.call('HSET', KEYS[1], ARGV[5], ARGV[4])
outlive(KEYS[1], expiry)
return 1`

/** KEYS partition, session. */
export const FIND: Script = `${PROLOGUE}
local session = sessionOf(KEYS[2])
if not session then return { tostring(now) } end
return { tostring(now), session.text, redis.call('HGET', KEYS[1], subjectOf(session)) }`

/** KEYS partition, session; ARGV subject, epoch, text, expected version. */
export const REPLACE: Script = `${EPOCHS}
local epoch = epochsOf(ARGV[1])
local session = sessionOf(KEYS[2])
if not epoch or not session or tonumber(ARGV[2]) < epoch or session.epoch < epoch then return 0 end
if session.version ~= tonumber(ARGV[4]) then return 0 end
redis.call('SET', KEYS[2], ARGV[3], 'KEEPTTL')
return 1`

/** KEYS partition; ARGV subject, life of a new row. */
export const EPOCH: Script = `${PROLOGUE}
local _, epoch = epochsOf(ARGV[1])
if not epoch then
  epoch = now
  redis.call('HSET', KEYS[1], ARGV[1], now)
end
outlive(KEYS[1], now + tonumber(ARGV[2]))
return { tostring(epoch), tostring(now) }`

/** First step of a subject's revocation: logins from now on get the coming epoch. KEYS partition; ARGV subject, expiry. */
export const RESERVE: Script = `${PROLOGUE}
local current, coming = epochsOf(ARGV[1])
local next = math.max(now, (coming or now) + 1)
redis.call('HSET', KEYS[1], ARGV[1], (current or now) .. ' ' .. next)
outlive(KEYS[1], tonumber(ARGV[2]))
return tostring(next)`

/** Last step: everything older is dead, in one write. KEYS partition, and the session to keep; ARGV subject, epoch. */
export const RAISE: Script = `${EPOCHS}
local current, coming = epochsOf(ARGV[1])
local epoch = tonumber(ARGV[2])
if current and current >= epoch then return 0 end
local kept = KEYS[2] and sessionOf(KEYS[2])
if kept and current and kept.epoch >= current and subjectOf(kept) == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. (kept.version + 1) .. ' ' .. kept.rest, 'KEEPTTL')
end
local later = coming and coming > epoch and (' ' .. coming) or ''
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. later)
return 1`

/** KEYS partition, session; ARGV random. Resolves to whether the session still lived. */
export const REMOVE: Script = `${EPOCHS}
local session = sessionOf(KEYS[2])
if not session then return 0 end
redis.call('DEL', KEYS[2])
redis.call('HDEL', KEYS[1], ARGV[1])
local epoch = epochsOf(subjectOf(session))
return epoch and session.epoch >= epoch and 1 or 0`

/** KEYS token; ARGV expiry. */
export const MARK: Script = `
return redis.call('SET', KEYS[1], '', 'NX', 'PXAT', ARGV[1]) and 1 or 0`

/** KEYS partition, session, token; ARGV subject, epoch. */
export const IS_REVOKED: Script = `${EPOCHS}
local epoch = epochsOf(ARGV[1])
local alive = epoch and tonumber(ARGV[2]) >= epoch
  and redis.call('EXISTS', KEYS[2]) == 1 and redis.call('EXISTS', KEYS[3]) == 0
return alive and 0 or 1`

/** KEYS partition; ARGV subject, most. The clock, the subject's epoch, and those of its partition's sessions that end last. */
export const MEMBERS: Script = `${PROLOGUE}
local found = {}
local entries = redis.call('HGETALL', KEYS[1])
for at = 1, #entries, 2 do
  local expiry = tonumber(entries[at + 1])
  if #entries[at] > ${FIELD_LENGTH} and expiry > now then found[#found + 1] = { expiry, entries[at] } end
end
table.sort(found, function(a, b) return a[1] > b[1] end)
local members = {}
for at = 1, math.min(#found, tonumber(ARGV[2])) do members[at] = found[at][2] end
return { tostring(now), tostring(epochsOf(ARGV[1])), members }`

/** KEYS feed; ARGV mark, its life. Entries go when they have expired, never because there are many. */
export const PUBLISH: Script = `${NOW}
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
