/** Scripts that revoke in a partition, after the feed has been written. */

import { TOMBSTONE } from '../row.js'
import { CLOCK, MARKS, ROWS, type Script } from './prologue.js'
import { SHARE } from './sessions.js'

/** KEYS marks; ARGV name. Whether the subject's share of marks has room for one that ends no session. */
export const HAS_ROOM: Script = `${CLOCK}${MARKS}
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if known and tonumber(known) > now then return 1 end
return lasting(KEYS[1]) < ${SHARE} and 1 or 0`

/** KEYS marks; ARGV name of a token, life. Resolves to whether it had no mark. */
export const MARK: Script = `${CLOCK}${MARKS}
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if known and tonumber(known) > now then return 0 end
mark(KEYS[1], ARGV[1], now + tonumber(ARGV[2]))
return 1`

/**
 * KEYS partition, session, marks; ARGV rest of the id, name among the marks, life of the mark, life of the tombstone,
 * subject or nothing. Resolves to whether the session lived. A tombstone is never shortened.
 */
export const REMOVE: Script = `${CLOCK}${ROWS}${MARKS}
local row, buried = rowOf(KEYS[2])
local lived = row and isLive(row)
if lived and ARGV[5] ~= '' and row.field and row.field ~= ARGV[5] then return 0 end
if row and row.expiry then redis.call('ZREM', KEYS[1], row.expiry .. ARGV[1]) end
mark(KEYS[3], ARGV[2], now + tonumber(ARGV[3]))
local tombstone = tonumber(ARGV[4])
if tombstone > 0 then
  if not buried or redis.call('PTTL', KEYS[2]) < tombstone then
    redis.call('SET', KEYS[2], '${TOMBSTONE}', 'PX', tombstone)
  end
elseif row then
  redis.call('DEL', KEYS[2])
end
return lived and 1 or 0`

/** First step of a subject's revocation: logins from now on get the coming epoch. KEYS partition; ARGV subject, life. */
export const RESERVE: Script = `${CLOCK}${ROWS}
local current, coming = epochsOf(ARGV[1])
local next = math.max(now, (coming or now) + 1)
if not current then setInstant(ARGV[1], now) end
setInstant(ARGV[1] .. ':next', next)
-- Already now: what is taken over in between under the coming epoch would outlive the last step.
setInstant(ARGV[1] .. ':revoked', now)
outlive(KEYS[1], now + tonumber(ARGV[2]))
return digits(next)`

/**
 * Last step: everything older is dead, in one write, however much that is. KEYS partition, and the session to keep; ARGV
 * subject, epoch, rest of that session's id.
 */
export const RAISE: Script = `${ROWS}
local subject, epoch = ARGV[1], tonumber(ARGV[2])
local current, coming = epochsOf(subject)
if current and current >= epoch then return 0 end
local kept = KEYS[2] and rowOf(KEYS[2])
if kept and kept.field == subject and current and kept.epoch >= current then
  local row = { ARGV[2], kept.version + 1, kept.field, kept.expiry, kept.rest }
  redis.call('SET', KEYS[2], table.concat(row, ' '), 'KEEPTTL')
  redis.call('ZADD', KEYS[1], epoch, kept.expiry .. ARGV[3])
end
setInstant(subject, epoch)
if coming and coming <= epoch then redis.call('ZREM', KEYS[1], subject .. ':next') end
return 1`
