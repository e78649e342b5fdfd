/** How a session lies in Redis: a hash of epoch, version, expiry and one compact list of the rest. */

import { AuthError, parseSessionRecord, type SessionRecord } from '@auth/core'

/** What a script returns of a session: epoch, version, data, expiry. */
export type Row = readonly [
  epoch: string | null,
  version: string | null,
  data: string | null,
  expiresAt: string | null,
]

/** Number of the layout below; a row of a later release is refused as unreadable, never taken for a dead session. */
const LAYOUT = 1

/** The part of a session that scripts never look at, as text. */
export const encodeData = (record: SessionRecord): string => {
  const { subject, generation, previous, rotatedAt, recoveries, seed, createdAt, authenticatedAt } = record
  const { idleFor, idleExpiresAt, persistent, transport, device = null, data = null } = record
  const lineage = [generation, previous, rotatedAt, recoveries, seed]
  const times = [createdAt, authenticatedAt, idleFor, idleExpiresAt]
  const rest = device === null && data === null ? [] : [device, data]
  return JSON.stringify([LAYOUT, subject, ...lineage, ...times, persistent ? 1 : 0, transport, ...rest])
}

/** Reads a session back; null where there is none. */
export const decodeRow = (id: string, [epoch, version, text, expiresAt]: Row): SessionRecord | null => {
  if (text === null) return null
  const [layout, subject, generation, previous, rotatedAt, recoveries, seed, ...rest] = JSON.parse(
    text,
  ) as never[]
  if (layout !== LAYOUT)
    throw new AuthError('store_unavailable', 'A session in Redis has the layout of another release.')
  const [createdAt, authenticatedAt, idleFor, idleExpiresAt, persistent, transport, device, data] = rest
  return parseSessionRecord({
    id,
    subject,
    epoch: Number(epoch),
    version: Number(version),
    ...{
      generation,
      previous,
      rotatedAt,
      recoveries,
      seed,
      createdAt,
      authenticatedAt,
      idleFor,
      idleExpiresAt,
    },
    expiresAt: Number(expiresAt),
    persistent: persistent === 1,
    transport,
    ...(device == null ? {} : { device }),
    ...(data == null ? {} : { data }),
  })
}
