/** The claims of an access token: which names are ours, what the application may add, and how both are read back. */

import { AuthError, type TokenOwner } from '../errors.js'
import type { Transport } from '../session/record.js'
import { invalidToken } from './compact.js'

/** What a verified access token says. Instants are milliseconds since the Unix epoch. */
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

/** Names that the application's own claims can never use. */
const RESERVED = new Set(
  'iss aud sub exp nbf iat jti sid auth_time epoch transport env cnf act __proto__'.split(' '),
)
const MAX_TEXT = 255

/** Whether a value is a text that can be an identifier: 1 to 255 characters, no lone surrogate. */
export const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT && !/\p{Surrogate}/u.test(value)

/**
 * Turns what the application's `claims` function returned into plain JSON data.
 *
 * @throws AuthError `claims_invalid` where it is no object, cannot be JSON, or uses a reserved name.
 */
export const customClaims = (value: object): Record<string, unknown> => {
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
  return copy as Record<string, unknown>
}

/** Whom a verified token belongs to, for the audit log. */
export const ownerOf = ({ subject, sessionId, tokenId }: Principal): TokenOwner => ({
  subject,
  sessionId,
  tokenId,
})

/** A payload after its signature was verified, its types checked, nothing yet compared. */
export interface TokenClaims<C extends object> {
  readonly principal: Principal<C>
  readonly issuer: unknown
  readonly audience: unknown
  readonly epoch: number
  readonly notBefore: number | undefined
  readonly environment: unknown
}

const instant = (value: unknown): number => {
  const milliseconds = typeof value === 'number' ? value * 1000 : Number.NaN
  if (!Number.isFinite(milliseconds)) throw invalidToken('bad_claims')
  return milliseconds
}

const identifier = (value: unknown): string => {
  if (!isIdentifier(value)) throw invalidToken('bad_claims')
  return value
}

/** Reads a verified payload. Dates must be finite JSON numbers, identifiers texts; what is left over is the application's. */
export const readClaims = <C extends object>(payload: Record<string, unknown>): TokenClaims<C> => {
  const { iss, aud, sub, exp, nbf, iat, jti, sid, auth_time, epoch, transport, env, ...claims } = payload
  if (!Number.isSafeInteger(epoch)) throw invalidToken('bad_claims')
  if (transport !== 'cookie' && transport !== 'bearer') throw invalidToken('bad_claims')
  const principal: Principal<C> = {
    subject: identifier(sub),
    sessionId: identifier(sid),
    tokenId: identifier(jti),
    claims: claims as C,
    issuedAt: instant(iat),
    expiresAt: instant(exp),
    authenticatedAt: instant(auth_time),
    transport,
  }
  const notBefore = nbf === undefined ? undefined : instant(nbf)
  return { principal, issuer: iss, audience: aud, epoch: epoch as number, notBefore, environment: env }
}

/** Whether an `aud` claim names the audience: a text or an array of texts, compared exactly (RFC 7519 section 4.1.3). */
export const namesAudience = (claim: unknown, audience: string): boolean => {
  const list = Array.isArray(claim) ? claim : [claim]
  return list.every((item) => typeof item === 'string') && list.includes(audience)
}
