/**
 * What happens on the server: one Lua script for each step that must be atomic. All keys of a script share one hash tag, and
 * all of them are declared: a key that has moved to another node of a cluster is then an error and never a missing row.
 * Scripts read the server's clock themselves; instants are milliseconds. This file has what several of them begin with.
 *
 * A partition is one sorted set. Of each subject it holds the epoch, under the subject's field; the coming epoch while a
 * revocation is under way, under `<field>:next`, which logins are given; and the last revocation, under `<field>:revoked`:
 * with the negative instant as score, so that they stand below all sessions. Of each session it holds a member,
 * `<expiresAt><rest of the id>`, with the session's epoch as score: what lives is one range, whatever a revocation of the
 * subject has ended, and in it what ends first comes first.
 */

import { INSTANT_DIGITS } from '../keys.js'
import { TOMBSTONE } from '../row.js'

/** A script as it is sent. */
export type Script = string

/** Length of a subject's field. */
const FIELD_LENGTH = 8

/** The clock. */
export const CLOCK = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function digits(number) return string.format('%.0f', number) end
local function outlive(key, instant)
  if redis.call('PTTL', key) < instant - now then redis.call('PEXPIREAT', key, instant) end
end
`

/** Subjects and rows. KEYS[1] is the partition. */
export const ROWS = `
local function instantOf(member)
  local score = redis.call('ZSCORE', KEYS[1], member)
  return score and -tonumber(score)
end
local function setInstant(member, instant) redis.call('ZADD', KEYS[1], -instant, member) end
local function epochsOf(field)
  local current = instantOf(field)
  return current, instantOf(field .. ':next') or current
end
local function rowOf(key)
  local text = redis.call('GET', key)
  if not text or text == '${TOMBSTONE}' then return nil, text == '${TOMBSTONE}' end
  local epoch, version, field, expiry, rest = string.match(text, '^(%d+) (%d+) (%S+) (%S+) (.*)$')
  return {
    text = text, epoch = tonumber(epoch), version = tonumber(version), field = field, expiry = expiry, rest = rest
  }
end
-- A row that cannot be read is not taken for a dead one.
local function isLive(row)
  if not row.epoch then return true end
  local current = instantOf(row.field)
  return current and row.epoch >= current
end
`

/** The marks of a partition. */
export const MARKS = `
local function mark(key, member, instant)
  for _, ended in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, 8)) do redis.call('ZREM', key, ended) end
  redis.call('ZADD', key, 'GT', instant, member)
  outlive(key, instant)
end
local function lasting(key) return redis.call('ZCOUNT', key, '(' .. digits(now), '+inf') end
`

/** Drops members of the index that are dead, a bounded number: those below the epochs of all subjects, those that have ended. */
export const SWEEP = `
local function sweep(most)
  local oldest
  local instants = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(0', 'WITHSCORES')
  for at = 1, #instants, 2 do
    if #instants[at] == ${FIELD_LENGTH} then oldest = math.min(oldest or math.huge, -tonumber(instants[at + 1])) end
  end
  if not oldest then return end
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '0', '(' .. digits(oldest), 'LIMIT', 0, most)) do
    redis.call('ZREM', KEYS[1], member)
  end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], oldest, '+inf', 'LIMIT', 0, most)) do
    if tonumber(string.sub(member, 1, ${INSTANT_DIGITS}), 36) > now then return end
    redis.call('ZREM', KEYS[1], member)
  end
end
`
