/** What is handed out: an access token, alone or with the refresh token of its session. */

import type { Emit } from '../audit/emit.js'
import type { RequestSource } from '../audit/event.js'
import { AuthError } from '../errors.js'
import type { KeyRing } from '../keys/ring.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import { endOf, type SessionRecord } from '../session/record.js'
import { randomId } from '../session/session-id.js'
import { deepFreeze, type Principal, type TokenPolicy } from './claims.js'
import { refreshTokenOf } from './refresh-token.js'
import { signAccessToken } from './sign.js'

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
  /** Remaining life of the session if it is not refreshed, in seconds. */
  readonly refreshExpiresIn: number
}

/** What a refresh gave. */
export interface Refreshed<C extends object = object> extends Pair<C> {
  /**
   * False inside the overlap, where no refresh token leaves: `refreshToken` is then the one that was presented, and
   * `refreshExpiresIn` what is left of the session as it is stored. Replace what you keep only where it is still what
   * you sent.
   */
  readonly rotated: boolean
}

/** When a token is issued and how long it may live; fixed before a verb first reads the store. */
export interface TokenLife {
  /** In milliseconds. */
  readonly issuedAt: number
  /** In milliseconds, on a whole second; a session's end can only bring it forward. */
  readonly expiresAt: number
}

/** What goes into a token besides the session. */
export interface Grant {
  readonly session: SessionRecord
  readonly claims: object
  readonly life: TokenLife
}

/** Issues tokens. */
export interface Issuer {
  /** Begins the life of a token now. */
  life(): TokenLife
  /** An access token for a session; it never outlives the session. */
  access(ring: KeyRing, grant: Grant): MaybePromise<Access>
  /** A pair for the state of a session as it is stored, or is about to be. */
  pair(ring: KeyRing, grant: Grant): MaybePromise<Pair>
  /** Enters an access token into the audit log, once it is certain that it will be handed out. */
  report(access: Access, source?: RequestSource): void
}

/** What an issuer works with. */
export interface IssuerNeeds {
  readonly policy: TokenPolicy
  /** Life of an access token, in seconds. */
  readonly accessTtl: number
  /** The clock, in milliseconds. */
  readonly now: () => number
  readonly emit: Emit
}

/** Whole seconds from one instant to another, never below 0. */
export const secondsUntil = (instant: number, from: number): number =>
  Math.max(0, Math.floor((instant - from) / 1000))

/** Binds policy, clock and log. */
export const createIssuer = ({ policy, accessTtl, now, emit }: IssuerNeeds): Issuer => {
  const access: Issuer['access'] = (ring, { session, claims, life }) => {
    const sessionEnd = Math.floor(endOf(session) / 1000) * 1000
    const principal: Principal = deepFreeze({
      subject: session.subject,
      sessionId: session.id,
      tokenId: randomId(),
      claims,
      issuedAt: life.issuedAt,
      expiresAt: Math.min(life.expiresAt, sessionEnd),
      authenticatedAt: session.authenticatedAt,
      transport: session.transport,
    })
    const expiresIn = secondsUntil(principal.expiresAt, life.issuedAt)
    const token = signAccessToken(ring.signing, policy, { ...principal, epoch: session.epoch })
    return after(token, (accessToken) => ({
      accessToken,
      principal,
      persistent: session.persistent,
      expiresIn,
    }))
  }
  return {
    access,
    life: () => {
      const issuedAt = Math.floor(now() / 1000) * 1000
      if (!Number.isSafeInteger(issuedAt)) {
        throw new AuthError('internal_error', 'The clock gives no number of milliseconds.')
      }
      return { issuedAt, expiresAt: issuedAt + accessTtl * 1000 }
    },
    pair: (ring, grant) =>
      after(access(ring, grant), (issued) =>
        after(refreshTokenOf(ring, grant.session), (refreshToken) => ({
          ...issued,
          refreshToken,
          refreshExpiresIn: secondsUntil(endOf(grant.session), grant.life.issuedAt),
        })),
      ),
    report: ({ principal }, source) => {
      const { subject, sessionId, tokenId, expiresAt } = principal
      emit({ type: 'token_issued', subject, sessionId, tokenId, expiresAt }, source)
    },
  }
}
