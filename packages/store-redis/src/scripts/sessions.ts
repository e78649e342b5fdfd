/** Scripts about sessions and their subjects. The first key of each is the partition. */

import { HEAD_LENGTH, TOMBSTONE } from '../row.js'
import { CLOCK, MARKS, ROWS, type Script, SWEEP } from './prologue.js'

/** Marks of one subject's sessions and tokens that can last at once, those of live sessions apart. */
export const SHARE = 1000
/** Sessions that one insert looks at where the cap is reached: those that end first. */
const CANDIDATES = 128
/** So many inserts apart the index is swept, of more than it can grow by in between. */
const SWEEP_EVERY = 16

/**
 * KEYS partition, session, marks, rows to make room with; ARGV subject, epoch, row, expiry, member, instant of
 * authentication (of a session that was taken over), limit, how many members count for other subjects, life of marks, how
 * many rows are to be ended, and the members of all rows. The other rows were seen dead.
 *
 * Resolves to an outcome of the port, after `inserted` with the members that were ended; or to `crowded`, where no room
 * was made, with what is needed to choose what has to go.
 */
export const INSERT: Script = `${CLOCK}${ROWS}${MARKS}${SWEEP}
local subject, epoch, expiry, member = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4]), ARGV[5]
local row, buried = rowOf(KEYS[2])
if buried then return { 'revoked' } end
if row and isLive(row) then return { 'taken' } end
local current, coming = epochsOf(subject)
local revoked = ARGV[6] ~= '' and instantOf(subject .. ':revoked')
if expiry <= now or (current and coming ~= epoch) or (revoked and tonumber(ARGV[6]) <= revoked) then
  return { 'superseded' }
end
local used = lasting(KEYS[3])
if used >= ${SHARE} then return { 'full' } end

local limit, others, ending = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[10])
local function count() return redis.call('ZCOUNT', KEYS[1], current or epoch, '+inf') - others end
if redis.call('ZCARD', KEYS[1]) % ${SWEEP_EVERY} == 0 then sweep(${2 * SWEEP_EVERY}) end
if count() >= limit then sweep(${CANDIDATES}) end
local leaving = 0
local rows = {}
for at = 4, #KEYS do
  local found = rowOf(KEYS[at])
  local name = ARGV[at + 7]
  local lives = found and isLive(found)
  rows[at] = { name = name, lives = lives, goes = not lives or at - 3 <= ending }
  if rows[at].goes and redis.call('ZSCORE', KEYS[1], name) then leaving = leaving + 1 end
end
if count() - leaving >= limit then
  local bounds = { current or epoch, '+inf', 'LIMIT', 0, ${CANDIDATES} }
  return { 'crowded', digits(now), digits(current or 0), count() + others, used,
    redis.call('ZRANGEBYSCORE', KEYS[1], unpack(bounds)) }
end

local answer = { 'inserted' }
for at = 4, #KEYS do
  if rows[at].goes then redis.call('ZREM', KEYS[1], rows[at].name) end
  if rows[at].goes and rows[at].lives then
    redis.call('DEL', KEYS[at])
    mark(KEYS[3], string.match(KEYS[at], '[^:]+$'), now + tonumber(ARGV[9]))
    answer[#answer + 1] = rows[at].name
  end
end
if not current then setInstant(subject, epoch) end
-- Redis drops a key once its instant has passed, a session ends as its instant comes.
redis.call('SET', KEYS[2], ARGV[3], 'PXAT', expiry - 1)
redis.call('ZADD', KEYS[1], epoch, member)
outlive(KEYS[1], expiry)
return answer`

/** KEYS sessions. Resolves to the beginnings of their rows. */
export const HEADS: Script = `
local heads = {}
for at = 1, #KEYS do heads[at] = redis.call('GETRANGE', KEYS[at], 0, ${HEAD_LENGTH - 1}) end
return heads`

/** KEYS partition, session. */
export const FIND: Script = `${CLOCK}${ROWS}
local row = rowOf(KEYS[2])
if not row then return { digits(now) } end
local epoch = row.field and instantOf(row.field)
return { digits(now), row.text, epoch and digits(epoch) }`

/** KEYS partition, session; ARGV subject, epoch, row, expected version. */
export const REPLACE: Script = `${ROWS}
local epoch = instantOf(ARGV[1])
local row = rowOf(KEYS[2])
if row and not row.epoch then return redis.error_reply('UNREADABLE the row of the session') end
if not epoch or not row or tonumber(ARGV[2]) < epoch or row.epoch < epoch then return 0 end
if row.version ~= tonumber(ARGV[4]) then return 0 end
redis.call('SET', KEYS[2], ARGV[3], 'KEEPTTL')
return 1`

/** KEYS partition; ARGV subject, life of a new row. */
export const EPOCH: Script = `${CLOCK}${ROWS}
local _, epoch = epochsOf(ARGV[1])
if not epoch then
  epoch = now
  setInstant(ARGV[1], now)
end
outlive(KEYS[1], now + tonumber(ARGV[2]))
return { digits(epoch), digits(now) }`

/** KEYS partition, session, marks; ARGV subject, epoch, the token's name among the marks. */
export const IS_REVOKED: Script = `${CLOCK}${ROWS}
local epoch = instantOf(ARGV[1])
local first = redis.call('GETRANGE', KEYS[2], 0, 0)
local marked = redis.call('ZSCORE', KEYS[3], ARGV[3])
local lives = epoch and tonumber(ARGV[2]) >= epoch and first ~= '' and first ~= '${TOMBSTONE}'
return lives and not (marked and tonumber(marked) > now) and 0 or 1`

/** KEYS partition; ARGV subject, most. The clock, the subject's epoch, and those of its partition's sessions that end last. */
export const MEMBERS: Script = `${CLOCK}${ROWS}
local epoch = instantOf(ARGV[1])
if not epoch then return { digits(now), '0', {} } end
return { digits(now), digits(epoch),
  redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', epoch, 'LIMIT', 0, ARGV[2]) }`
