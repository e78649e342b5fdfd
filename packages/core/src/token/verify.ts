/** Verifies access tokens. The order of the lines is the security argument: form, key, signature, and only then claims. */

import { compactVerify } from 'jose'
import { maxAccessTtl, type Settings } from '../options.js'
import { namesAudience, ownerOf, type Principal, readClaims } from './claims.js'
import { decodeObject, invalidToken, readHeader } from './compact.js'
import type { KeyRing } from './keys.js'

/** A token that holds on its own; whether it was revoked is still to be asked. */
export interface VerifiedToken<C extends object> {
  readonly principal: Principal<C>
  /** The subject's epoch when the session was opened. */
  readonly epoch: number
}

/** The settings that verification depends on. */
export type VerifySettings = Pick<Settings<object>, 'issuer' | 'audience' | 'leeway' | 'development' | 'now'>

/** Accepts `at+jwt` in any case, with or without `application/` (RFC 7515 section 4.1.9). */
const isAccessTokenType = (typ: string): boolean =>
  typ.toLowerCase().replace(/^application\//, '') === 'at+jwt'

const verifySignature = async (ring: KeyRing, token: string): Promise<Record<string, unknown>> => {
  const header = readHeader(token)
  const keys = ring.find(header.kid)
  if (!keys) throw invalidToken('unknown_key')
  if (header.alg !== keys.alg) throw invalidToken('wrong_algorithm')
  const verified = await compactVerify(token, keys.access, { algorithms: [keys.alg] }).catch(() => {
    throw invalidToken('bad_signature')
  })
  if (!isAccessTokenType(header.typ)) throw invalidToken('wrong_type')
  return decodeObject(verified.payload)
}

/**
 * Verifies an access token that may have ended already: it still proves which session it belonged to. For logout only.
 *
 * @throws AuthError `invalid_token`
 */
export const verifyIgnoringExpiry = async <C extends object>(
  ring: KeyRing,
  settings: VerifySettings,
  token: string,
): Promise<VerifiedToken<C>> => {
  const { principal, ...claims } = readClaims<C>(await verifySignature(ring, token))
  if (claims.issuer !== settings.issuer) throw invalidToken('wrong_issuer')
  if (!namesAudience(claims.audience, settings.audience)) throw invalidToken('wrong_audience')
  const environment = settings.development ? 'development' : undefined
  if (claims.environment !== environment) throw invalidToken('wrong_environment')
  // Asked so that a clock which gives no number refuses everything.
  const latest = settings.now() + settings.leeway * 1000
  if (!(principal.issuedAt <= latest && (claims.notBefore ?? 0) <= latest))
    throw invalidToken('not_yet_valid')
  if (principal.authenticatedAt > latest) throw invalidToken('not_yet_valid')
  const life = principal.expiresAt - principal.issuedAt
  if (life > maxAccessTtl(settings.development) * 1000) throw invalidToken('lifetime_too_long')
  return { principal, epoch: claims.epoch }
}

/**
 * Verifies an access token (RFC 9068 section 4, RFC 8725).
 *
 * @throws AuthError `invalid_token`, its `reason` saying which check failed
 */
export const verifyAccessToken = async <C extends object>(
  ring: KeyRing,
  settings: VerifySettings,
  token: string,
): Promise<VerifiedToken<C>> => {
  const verified = await verifyIgnoringExpiry<C>(ring, settings, token)
  const { principal } = verified
  const living = settings.now() < principal.expiresAt + settings.leeway * 1000
  if (!living) throw invalidToken('expired', ownerOf(principal))
  return verified
}
