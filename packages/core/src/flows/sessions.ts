/** Sessions: on which devices a subject is signed in. */

import { AuthError } from '../errors.js'
import { isIdentifier } from '../limits.js'
import { accept, type Outcome } from '../outcome.js'
import type { SessionRecord } from '../session/record.js'
import type { BoundedStore } from '../store/bounded-store.js'

/** A live session as an application may show it. Instants are milliseconds since the Unix epoch. */
export interface SessionInfo
  extends Pick<SessionRecord, 'id' | 'createdAt' | 'expiresAt' | 'transport' | 'device' | 'data'> {
  /** When the session was last refreshed. */
  readonly lastSeenAt: number
  /** When the session ends unless it is refreshed. */
  readonly idleExpiresAt: number
}

/** Refuses what can be no subject. @throws AuthError `invalid_argument` */
export const assertSubject = (verb: string, subject: unknown): void => {
  if (!isIdentifier(subject)) {
    throw new AuthError('invalid_argument', `${verb} takes a subject of 1 to 255 characters.`)
  }
}

const infoOf = (record: SessionRecord): SessionInfo => {
  const { id, createdAt, expiresAt, transport, device, data, rotatedAt, idleExpiresAt } = record
  return {
    id,
    createdAt,
    lastSeenAt: rotatedAt,
    idleExpiresAt,
    expiresAt,
    transport,
    ...(device === undefined ? {} : { device }),
    ...(data === undefined ? {} : { data }),
  }
}

/** Lists the live sessions of a subject, newest login first, 100 at most. @throws AuthError `store_unavailable` */
export const listSessions = async (subject: string, store: BoundedStore): Promise<Outcome<SessionInfo[]>> =>
  accept((await store.list(subject)).map(infoOf))
