/** Sessions: on which devices a subject is signed in. */

import { AuthError } from '../errors.js'
import type { SessionRecord } from '../session/record.js'
import { isIdentifier } from '../token/claims.js'
import { type Flow, openStore } from './flow.js'

/** A live session as an application may show it. Instants are milliseconds since the Unix epoch. */
export interface SessionInfo
  extends Pick<SessionRecord, 'id' | 'createdAt' | 'expiresAt' | 'transport' | 'device' | 'data'> {
  /** When the session was last refreshed. */
  readonly lastSeenAt: number
  /** When the session ends unless it is refreshed. */
  readonly idleExpiresAt: number
}

/**
 * Lists the live sessions of a subject, newest login first, 100 at most.
 *
 * @throws AuthError `invalid_argument`, `store_unavailable`
 */
export const sessions = async <C extends object>(flow: Flow<C>, subject: string): Promise<SessionInfo[]> => {
  if (!isIdentifier(subject))
    throw new AuthError('invalid_argument', 'sessions takes a subject of 1 to 255 characters.')
  const records = await openStore(flow)('list', subject)
  return records.map(({ id, createdAt, expiresAt, transport, device, data, rotatedAt, idleExpiresAt }) => ({
    id,
    createdAt,
    lastSeenAt: rotatedAt,
    idleExpiresAt,
    expiresAt,
    transport,
    ...(device === undefined ? {} : { device }),
    ...(data === undefined ? {} : { data }),
  }))
}
