/** Logout: ends the session of the tokens that are still at hand, however old they are. */

import type { Emit } from '../audit/emit.js'
import type { EventSubject, RequestSource } from '../audit/event.js'
import { type Check, isAnything, must, oneOf, type Snapshot } from '../checks.js'
import type { KeyRing, KeySource } from '../keys/ring.js'
import { accept, isRefusal, type Outcome } from '../outcome.js'
import type { Replica } from '../revocation/replica.js'
import type { Revoke } from '../revocation/revoker.js'
import type { Transport } from '../session/record.js'
import type { BoundedStore } from '../store/bounded-store.js'
import { judgeBegin } from '../token/judge.js'
import type { Open, OpenedToken } from '../token/open.js'
import { isOfSession, readRefreshToken } from '../token/refresh-token.js'

/** The tokens a client presents to be signed out; either is enough. */
export interface LogoutInput {
  /** May have expired: its signature still names the session. */
  readonly accessToken?: string | undefined
  /** Any refresh token of the session, spent ones included. */
  readonly refreshToken?: string | undefined
  /** The way on which the tokens came; those issued for the other are ignored. Default: not checked. */
  readonly transport?: Transport | undefined
  /** Where the request came from, for the audit log. */
  readonly source?: RequestSource | undefined
}

const token = must('a string', (value) => typeof value === 'string')

/** The checks of the input. */
export const LOGOUT_CHECKS: Readonly<Record<keyof LogoutInput, Check>> = {
  accessToken: token,
  refreshToken: token,
  transport: oneOf('cookie', 'bearer'),
  source: isAnything,
}

/** What the verb works with. */
export interface LogoutNeeds {
  readonly keys: KeySource
  readonly open: Open
  readonly replica: Pick<Replica, 'isRevoked'>
  readonly revoke: Revoke
  readonly emit: Emit
  /** The clock, in milliseconds. */
  readonly now: () => number
  /** In seconds. */
  readonly leeway: number
}

/** The verb; gives the ids of the sessions that the tokens proved to be theirs. */
export type Logout = (
  input: Snapshot<LogoutInput>,
  store: BoundedStore,
) => Promise<Outcome<readonly string[]>>

/** Binds the verb. Accepts as well when there is nothing left to end. @throws AuthError `store_unavailable`: call again */
export const createLogout = ({ keys, open, replica, revoke, emit, now, leeway }: LogoutNeeds): Logout => {
  /**
   * Whether something is left to end for an access token: its session, or, where the row is gone, the token itself,
   * unless it has ended or this process knows its session dead. One old token can thus not fill the feed with marks.
   */
  const isWorthEnding = async (store: BoundedStore, { principal, epoch }: OpenedToken): Promise<boolean> => {
    const { subject, sessionId, tokenId, expiresAt } = principal
    const { record } = await store.find(sessionId)
    if (record) return true
    const ended = now() >= expiresAt + leeway * 1000
    return !ended && replica.isRevoked({ subject, sessionId, tokenId, epoch }) !== true
  }

  const byAccessToken = async (
    ring: KeyRing,
    { accessToken, transport }: Snapshot<LogoutInput>,
    store: BoundedStore,
  ): Promise<EventSubject[]> => {
    const opened = accessToken ? await open(ring, accessToken) : undefined
    if (!opened || isRefusal(opened) || judgeBegin(opened.accepted, { now: now(), leeway })) return []
    const { principal } = opened.accepted
    if (transport && transport !== principal.transport) return []
    return (await isWorthEnding(store, opened.accepted)) ? [principal] : []
  }

  const byRefreshToken = async (
    ring: KeyRing,
    { refreshToken, transport }: Snapshot<LogoutInput>,
    store: BoundedStore,
  ): Promise<EventSubject[]> => {
    const read = refreshToken ? readRefreshToken(ring, refreshToken) : undefined
    if (!read || isRefusal(read)) return []
    const { record } = await store.find(read.accepted.sessionId)
    if (!record || !(await isOfSession(read.accepted, record))) return []
    const fits = !transport || transport === record.transport
    return fits ? [{ subject: record.subject, sessionId: record.id }] : []
  }

  return async (input, store) => {
    const ring = await keys.load()
    const found = await Promise.all([byAccessToken(ring, input, store), byRefreshToken(ring, input, store)])
    const sessions = new Map(found.flat().map(({ subject, sessionId }) => [sessionId, subject]))
    for (const [sessionId, subject] of sessions) {
      const { changed } = await revoke(store, { kind: 'session', sessionId })
      if (changed) emit({ type: 'logout', subject, sessionId }, input.source)
    }
    return accept([...sessions.keys()])
  }
}
