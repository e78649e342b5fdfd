/** What a flow hands out: an access token, alone or with the refresh token of its session. */

import type { RequestOrigin } from '../events.js'
import { endOf, type SessionRecord } from '../session/record.js'
import { randomId } from '../session/session-id.js'
import type { Principal } from '../token/claims.js'
import { refreshTokenOf } from '../token/refresh-token.js'
import { signAccessToken, type TokenLife } from '../token/sign.js'
import type { Flow } from './flow.js'

/** An access token and what a client must know to keep it. */
export interface Access<C extends object = object> {
  /** The signed JWT. */
  readonly accessToken: string
  /** Remaining life of the access token, in seconds. */
  readonly expiresIn: number
  /** What the access token says. */
  readonly principal: Principal<C>
  /** Whether cookies outlive the browser's own session. */
  readonly persistent: boolean
}

/** An access token and the refresh token that renews it. */
export interface Pair<C extends object = object> extends Access<C> {
  /** Opaque to the client; keep the one of the latest answer. */
  readonly refreshToken: string
  /** Remaining life of the refresh token if it is not used, in seconds. */
  readonly refreshExpiresIn: number
}

/** What goes into a token besides the session. */
export interface Grant<C extends object> {
  readonly session: SessionRecord
  readonly claims: C
  readonly life: TokenLife
}

/** Issues an access token for a session; it never outlives the session. */
export const issueAccess = async <C extends object>(flow: Flow<C>, grant: Grant<C>): Promise<Access<C>> => {
  const { session, claims, life } = grant
  const sessionEnd = Math.floor(endOf(session) / 1000) * 1000
  const principal: Principal<C> = {
    subject: session.subject,
    sessionId: session.id,
    tokenId: randomId(),
    claims,
    issuedAt: life.issuedAt,
    expiresAt: Math.min(life.expiresAt, sessionEnd),
    authenticatedAt: session.authenticatedAt,
    transport: session.transport,
  }
  const ring = await flow.ring()
  const accessToken = await signAccessToken(ring, flow.settings, { ...principal, epoch: session.epoch })
  const expiresIn = secondsUntil(principal.expiresAt, life.issuedAt)
  return { accessToken, principal, persistent: session.persistent, expiresIn }
}

/** Enters an access token into the audit log, once it is certain that it will be handed out. */
export const reportIssued = <C extends object>(
  { emit }: Flow<C>,
  access: Access<C>,
  origin?: RequestOrigin,
): void => {
  const { subject, sessionId, tokenId, expiresAt } = access.principal
  emit({ type: 'token_issued', subject, sessionId, tokenId, expiresAt }, origin)
}

/** Issues a pair for the state of a session as it is stored now. */
export const issuePair = async <C extends object>(flow: Flow<C>, grant: Grant<C>): Promise<Pair<C>> => {
  const access = await issueAccess(flow, grant)
  const refreshToken = await refreshTokenOf(await flow.ring(), grant.session)
  return {
    ...access,
    refreshToken,
    refreshExpiresIn: secondsUntil(endOf(grant.session), grant.life.issuedAt),
  }
}

const secondsUntil = (instant: number, from: number): number =>
  Math.max(0, Math.floor((instant - from) / 1000))
