/** How a session lies in Redis: what scripts look at, then a compact list of the rest. */

import { AuthError, parseSessionRecord, type SessionRecord } from '@auth/core'

/** Name of the layout below; a row of another release is refused as unreadable, never taken for a dead session. */
const LAYOUT = 'a'
const ROW = /^(\d+) (\d+) \S+ (\w)([^[]*)(\[.*\])$/s

/**
 * A session as text: `<epoch> <version> <field> <layout><numbers><texts>`. Numbers are in base 36, and each time is a
 * distance from another, which keeps most of them to one digit.
 */
export const encodeSession = (record: SessionRecord, field: string): string => {
  const { epoch, version, subject, createdAt, rotatedAt, idleFor, seed, device = null, data = null } = record
  const numbers = [
    (record.persistent ? 1 : 0) + (record.transport === 'cookie' ? 2 : 0),
    record.generation,
    record.previous,
    record.recoveries,
    createdAt,
    record.expiresAt - createdAt,
    record.authenticatedAt - createdAt,
    rotatedAt - createdAt,
    idleFor,
    rotatedAt + idleFor * 1000 - record.idleExpiresAt,
  ]
  const rest = data !== null ? [device, data] : device !== null ? [device] : []
  const digits = numbers.map((number) => number.toString(36)).join()
  return `${epoch} ${version} ${field} ${LAYOUT}${digits},${seed}${JSON.stringify([subject, ...rest])}`
}

/** Reads a session back. */
export const decodeSession = (id: string, text: string): SessionRecord => {
  const [, epoch, version, layout, digits = '', json = ''] = ROW.exec(text) ?? []
  if (layout !== LAYOUT) {
    throw new AuthError('store_unavailable', 'A session in Redis has the layout of another release.')
  }
  const numbers = digits
    .split(',')
    .slice(0, -1)
    .map((number) => Number.parseInt(number, 36))
  const seed = digits.slice(digits.lastIndexOf(',') + 1)
  const [kind = 0, generation, previous, recoveries, createdAt = 0, absolute = 0, ...times] = numbers
  const [authenticated = 0, rotated = 0, idleFor = 0, idleShort = 0] = times
  const [subject, device = null, data = null] = JSON.parse(json)
  const rotatedAt = createdAt + rotated
  return parseSessionRecord({
    ...{
      id,
      subject,
      epoch: Number(epoch),
      version: Number(version),
      generation,
      previous,
      recoveries,
      seed,
    },
    ...{ createdAt, rotatedAt, idleFor, authenticatedAt: createdAt + authenticated },
    idleExpiresAt: rotatedAt + idleFor * 1000 - idleShort,
    expiresAt: createdAt + absolute,
    persistent: kind % 2 === 1,
    transport: kind >= 2 ? 'cookie' : 'bearer',
    ...(device === null ? {} : { device }),
    ...(data === null ? {} : { data }),
  })
}

/** The epoch below which a subject's sessions are dead, out of what its field holds. */
export const decodeEpoch = (text: string | null | undefined): number =>
  text ? Number(text.split(' ', 1)[0]) : Number.MAX_SAFE_INTEGER
