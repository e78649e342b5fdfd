/** Logout: ends the session of whatever token is still at hand, however old. */

import { isAuthError } from '../errors.js'
import type { EventSubject, RequestOrigin } from '../events.js'
import type { Transport } from '../session/record.js'
import { readRefreshToken, verifyRefreshToken } from '../token/refresh-token.js'
import { type VerifiedToken, verifyIgnoringExpiry } from '../token/verify.js'
import { type Flow, openStore, type StoreCall } from './flow.js'
import { putMark, sessionMark } from './revoke.js'

/** The tokens a client presents to be signed out; either is enough. */
export interface LogoutInput {
  /** May have expired: its signature still names the session. */
  readonly accessToken?: string | undefined
  /** Any refresh token of the session, spent ones included. */
  readonly refreshToken?: string | undefined
  /** The way on which the tokens came; those issued for the other are ignored. Default: not checked. */
  readonly transport?: Transport | undefined
  /** Where the request came from, for the audit log. */
  readonly origin?: RequestOrigin | undefined
}

/**
 * Whether something is left to end for an access token: its session, or, where the row is gone, the token itself, unless
 * it has ended or this process knows its session dead. One old token can thus not fill the feed with marks.
 */
const isWorthEnding = async <C extends object>(
  { settings, replica }: Flow<C>,
  store: StoreCall,
  { principal, epoch }: VerifiedToken<C>,
): Promise<boolean> => {
  const { subject, sessionId, tokenId, expiresAt } = principal
  const { record } = await store('find', sessionId)
  if (record) return true
  const ended = settings.now() >= expiresAt + settings.leeway * 1000
  return !ended && replica.isRevoked({ subject, sessionId, tokenId, epoch }) !== true
}

const byAccessToken = async <C extends object>(
  flow: Flow<C>,
  store: StoreCall,
  input: LogoutInput,
): Promise<EventSubject[]> => {
  if (!input.accessToken) return []
  const verified = await verifyIgnoringExpiry<C>(await flow.ring(), flow.settings, input.accessToken)
  const { principal } = verified
  if (input.transport && input.transport !== principal.transport) return []
  return (await isWorthEnding(flow, store, verified)) ? [principal] : []
}

const byRefreshToken = async <C extends object>(
  flow: Flow<C>,
  store: StoreCall,
  input: LogoutInput,
): Promise<EventSubject[]> => {
  if (!input.refreshToken) return []
  const token = readRefreshToken(await flow.ring(), input.refreshToken)
  const { record } = await store('find', token.sessionId)
  if (!record || !(await verifyRefreshToken(token, record.seed))) return []
  const fits = !input.transport || input.transport === record.transport
  return fits ? [{ subject: record.subject, sessionId: record.id }] : []
}

/** A token that proves nothing ends nothing (RFC 7009 section 2.2); a store that cannot answer is an error. */
const orNobody = async (sessions: Promise<EventSubject[]>): Promise<EventSubject[]> => {
  try {
    return await sessions
  } catch (error) {
    if (isAuthError(error, 'invalid_token')) return []
    throw error
  }
}

/**
 * Ends the sessions that the presented tokens belong to. Resolves as well when there is nothing left to end.
 *
 * @throws AuthError `store_unavailable`: the sessions may still live, call again
 */
export const logout = async <C extends object>(flow: Flow<C>, input: LogoutInput): Promise<void> => {
  const store = openStore(flow, input.origin)
  const found = await Promise.all([
    orNobody(byAccessToken(flow, store, input)),
    orNobody(byRefreshToken(flow, store, input)),
  ])
  const sessions = new Map(found.flat().map(({ subject, sessionId }) => [sessionId, { subject, sessionId }]))
  for (const session of sessions.values()) {
    if (await putMark(flow, store, sessionMark(flow, session.sessionId))) {
      flow.emit({ type: 'logout', ...session }, input.origin)
    }
  }
}
