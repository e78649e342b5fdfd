/**
 * Scripts about the feed: a stream of marks, each with the name of its target, as JSON, and its end. Beside it lies a hash
 * with the place of the newest mark of each target, its end and its rank: of two marks of one target the higher rank stays.
 */

import { STORE_LIMITS } from '@auth/core'
import { CLOCK, type Script } from './prologue.js'

/** Strings that `PUBLISH` takes for each mark. */
const MARK_FIELDS = 5
/** Field of the hash that remembers how far the feed has been swept; names of targets are longer. */
const SWEPT = 'swept'
/** Entries that each new mark sweeps: more than it adds. */
const SWEPT_AT_ONCE = 4

const ENTER = `${CLOCK}
-- Gives the mark in force, with what is left of it: the known one where that lasts for so long and ranks as high.
local function enter(target, rank, least, life, mark)
  local known, ends, of = string.match(redis.call('HGET', KEYS[2], target) or '', '^(%S+) (%d+) (%d+)$')
  if known and tonumber(ends) >= now + tonumber(least) and tonumber(of) >= tonumber(rank) then
    local entry = redis.call('XRANGE', KEYS[1], known, known)[1]
    if entry then return { entry[2][4], tonumber(ends) - now } end
  end
  local till = digits(now + tonumber(life))
  local id = redis.call('XADD', KEYS[1], '*', 'target', target, 'mark', mark, 'end', till)
  if known then redis.call('XDEL', KEYS[1], known) end
  redis.call('HSET', KEYS[2], target, id .. ' ' .. till .. ' ' .. rank)
  outlive(KEYS[1], tonumber(till))
  outlive(KEYS[2], tonumber(till))
  return { mark, tonumber(life) }
end
-- Goes round and round: marks end in another order than they came.
local function sweep(most)
  local from = redis.call('HGET', KEYS[2], '${SWEPT}') or '-'
  local page = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', most)
  for _, entry in ipairs(page) do
    local id, target, till = entry[1], entry[2][2], tonumber(entry[2][6])
    till = till or tonumber(string.match(id, '^%d+')) + ${STORE_LIMITS.markFor}
    if till <= now then
      redis.call('XDEL', KEYS[1], id)
      if string.match(redis.call('HGET', KEYS[2], target) or '', '^%S+') == id then redis.call('HDEL', KEYS[2], target) end
    end
  end
  redis.call('HSET', KEYS[2], '${SWEPT}', #page == most and '(' .. page[#page][1] or '-')
end
-- The last step, and one that may fail: a user of Redis without rights to the channel must not leave a revocation half done.
local function wake(channel) redis.pcall('PUBLISH', channel, '') end
`

/** KEYS feed, targets; ARGV channel, then for each mark target, rank, least, life, JSON. The marks in force. */
export const PUBLISH: Script = `${ENTER}
local marks = {}
for at = 2, #ARGV, ${MARK_FIELDS} do
  marks[#marks + 1] = enter(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
end
sweep(${SWEPT_AT_ONCE} * #marks)
wake(ARGV[1])
return marks`

/**
 * KEYS feed; ARGV id of the last entry read, history in which it was read, most entries. The clock, the history, and the
 * entries after it, or all that is retained.
 *
 * An entry that is there has everything before it. One that is not proves nothing by itself: it was replaced, has ended, or
 * was lost in a failover. The server's replication id tells: it changes with every start and every promotion, and when
 * the data of this server is replaced by that of another. (The id of the run does not: connections outlive a demotion.) It
 * costs 4 microseconds, so it is asked only where something is new.
 */
export const READ: Script = `${CLOCK}
local last, known, most = ARGV[1], ARGV[2], ARGV[3]
local function after(from) return redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', most) end
local function history()
  local info = redis.pcall('INFO', 'replication')
  return type(info) == 'string' and string.match(info, 'master_replid:(%w+)') or ''
end
if last == '' then return { digits(now), history(), after('-') } end
local page = after('(' .. last)
if #redis.call('XRANGE', KEYS[1], last, last) == 1 then
  return { digits(now), #page > 0 and history() or known, page }
end
local present = history()
-- Behind the last entry read there is always a newer one where it was replaced or swept.
if present == '' or present ~= known or #page == 0 then page = after('-') end
return { digits(now), present, page }`

/** KEYS document. */
export const DOCUMENT: Script = `${CLOCK}
return { digits(now), redis.call('GET', KEYS[1]) }`

/** KEYS feed, targets, document; ARGV channel, expected version, text, target, life, JSON. */
export const PUT_DOCUMENT: Script = `${ENTER}
local version = tonumber(string.match(redis.call('GETRANGE', KEYS[3], 0, 20), '^%d+') or '0')
if version ~= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[3], digits(version + 1) .. ' ' .. ARGV[3])
enter(ARGV[4], ARGV[2] + 1, ARGV[5], ARGV[5], ARGV[6])
sweep(${SWEPT_AT_ONCE})
wake(ARGV[1])
return 1`
