/** The claims of an access token: which names are ours, what the application may add, and how both are read back. */

import { AuthError, type TokenOwner } from '../errors.js'
import { isIdentifier } from '../limits.js'
import type { Transport } from '../session/record.js'

/** What a verified access token says; frozen, all the way down. Instants are milliseconds since the Unix epoch. */
export interface Principal<C extends object = object> {
  /** The application's own user id (`sub`). */
  readonly subject: string
  /** The login this token belongs to (`sid`). */
  readonly sessionId: string
  /** The token's own id (`jti`). */
  readonly tokenId: string
  /** What the `claims` option returned when the token was issued. */
  readonly claims: C
  /** When the token was issued (`iat`). */
  readonly issuedAt: number
  /** When the token ends (`exp`). */
  readonly expiresAt: number
  /** When the subject last proved who they are (`auth_time`). */
  readonly authenticatedAt: number
  /** How the token may travel. */
  readonly transport: Transport
}

/** What every access token of one configuration says alike. */
export interface TokenPolicy {
  readonly issuer: string
  readonly audience: string
  readonly development: boolean
}

/** Names that the application's own claims can never use. */
const RESERVED = new Set(
  'iss aud sub exp nbf iat jti sid auth_time epoch transport env cnf act __proto__'.split(' '),
)

/** Freezes a value of JSON all the way down. */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value
  for (const item of Object.values(value)) deepFreeze(item)
  return Object.freeze(value)
}

/**
 * Turns what the application's `claims` function returned into plain JSON data.
 *
 * @throws AuthError `claims_invalid` where it is no object, cannot be JSON, or uses a reserved name.
 */
export const customClaims = (value: object): object => {
  let copy: unknown
  try {
    copy = JSON.parse(JSON.stringify(value))
  } catch (cause) {
    throw new AuthError('claims_invalid', 'claims must return an object that JSON can carry.', { cause })
  }
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    throw new AuthError('claims_invalid', 'claims must return an object or null.')
  }
  const taken = Object.keys(copy).filter((name) => RESERVED.has(name))
  if (taken.length > 0) {
    throw new AuthError('claims_invalid', `claims must not use reserved claim names: ${taken.join(', ')}.`)
  }
  return copy
}

/** Whom a verified token belongs to, for the audit log. */
export const ownerOf = ({ subject, sessionId, tokenId }: Principal): TokenOwner => ({
  subject,
  sessionId,
  tokenId,
})

/** A payload whose types were checked; nothing is compared yet. */
export interface TokenClaims {
  readonly principal: Principal
  readonly issuer: unknown
  readonly audience: unknown
  /** The subject's epoch when the session was opened. */
  readonly epoch: number
  /** `nbf` in milliseconds; 0 where it is absent. */
  readonly notBefore: number
  readonly environment: unknown
}

/** A NumericDate in milliseconds; NaN where it is no finite JSON number (RFC 7519 section 2). */
const instant = (value: unknown): number => (typeof value === 'number' ? value * 1000 : Number.NaN)

/** Names that `readClaims` reads itself. */
const READ = new Set('iss aud sub exp nbf iat jti sid auth_time epoch transport env'.split(' '))

/**
 * Reads a verified payload; null where a claim of ours has the wrong type. What is left over is the application's. Own
 * members only: what a prototype holds was never signed.
 */
export const readClaims = (payload: Record<string, unknown>): TokenClaims | null => {
  const own = (name: string): unknown => (Object.hasOwn(payload, name) ? payload[name] : undefined)
  const [sub, sid, jti, epoch, transport] = [
    own('sub'),
    own('sid'),
    own('jti'),
    own('epoch'),
    own('transport'),
  ]
  if (!isIdentifier(sub) || !isIdentifier(sid) || !isIdentifier(jti)) return null
  if (!Number.isSafeInteger(epoch) || (transport !== 'cookie' && transport !== 'bearer')) return null
  const issuedAt = instant(own('iat'))
  const expiresAt = instant(own('exp'))
  const authenticatedAt = instant(own('auth_time'))
  const notBefore = Object.hasOwn(payload, 'nbf') ? instant(payload.nbf) : 0
  // One of them not finite, and so is the sum of their distances from zero.
  if (
    !Number.isFinite(
      Math.abs(issuedAt) + Math.abs(expiresAt) + Math.abs(authenticatedAt) + Math.abs(notBefore),
    )
  ) {
    return null
  }
  const claims: Record<string, unknown> = {}
  for (const name of Object.keys(payload)) if (!READ.has(name)) claims[name] = payload[name]
  const principal: Principal = Object.freeze({
    subject: sub,
    sessionId: sid,
    tokenId: jti,
    claims: deepFreeze(claims),
    issuedAt,
    expiresAt,
    authenticatedAt,
    transport,
  })
  const [issuer, audience, environment] = [own('iss'), own('aud'), own('env')]
  return { principal, issuer, audience, epoch: epoch as number, notBefore, environment }
}

/** Whether an `aud` claim names the audience: a string or an array of strings, compared exactly (RFC 7519 section 4.1.3). */
export const namesAudience = (claim: unknown, audience: string): boolean => {
  const list = Array.isArray(claim) ? claim : [claim]
  return list.every((item) => typeof item === 'string') && list.includes(audience)
}
