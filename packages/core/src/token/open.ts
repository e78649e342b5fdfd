/** Opens access tokens: all that can be said of one without a clock. The order of the lines is the security argument: form, key, signature, and only then claims. */

import type { KeyRing } from '../keys/ring.js'
import { maxAccessTtl } from '../limits.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import { accept, isRefusal, type Outcome, refuse } from '../outcome.js'
import { namesAudience, type Principal, readClaims, type TokenPolicy } from './claims.js'
import { type CompactToken, decodeObject, readCompact } from './compact.js'

/** A genuine token of ours. Whether it is in time, and whether it was revoked, is still to be asked. */
export interface OpenedToken {
  readonly principal: Principal
  /** The subject's epoch when the session was opened. */
  readonly epoch: number
  /** `nbf` in milliseconds; 0 where it is absent. */
  readonly notBefore: number
}

/** Opens a token with the keys of a ring. */
export type Open = (ring: KeyRing, token: unknown) => MaybePromise<Outcome<OpenedToken>>

/** `at+jwt` in any case, with or without `application/` (RFC 7515 section 4.1.9). */
const isAccessTokenType = (typ: string): boolean =>
  typ === 'at+jwt' || typ.toLowerCase().replace(/^application\//, '') === 'at+jwt'

/** Binds what every token of this configuration must say (RFC 9068 section 4, RFC 8725). */
export const createOpen = ({ issuer, audience, development }: TokenPolicy): Open => {
  const environment = development ? 'development' : undefined
  const longest = maxAccessTtl(development) * 1000

  const readVerified = ({ header, payload }: CompactToken): Outcome<OpenedToken> => {
    if (!isAccessTokenType(header.typ)) return refuse('wrong_type')
    const object = decodeObject(payload)
    if (!object) return refuse('malformed')
    const claims = readClaims(object)
    if (!claims) return refuse('bad_claims')
    if (claims.issuer !== issuer) return refuse('wrong_issuer')
    if (!namesAudience(claims.audience, audience)) return refuse('wrong_audience')
    if (claims.environment !== environment) return refuse('wrong_environment')
    const { principal, epoch, notBefore } = claims
    if (principal.expiresAt - principal.issuedAt > longest) return refuse('lifetime_too_long')
    return accept({ principal, epoch, notBefore })
  }

  return (ring, token) => {
    const compact = readCompact(token, ring.header)
    if (isRefusal(compact)) return compact
    const { header, input, signature } = compact.accepted
    const key = ring.find(header.kid)
    if (!key) return refuse('unknown_key')
    if (header.alg !== key.alg) return refuse('wrong_algorithm')
    return after(key.verify(input, signature), (genuine) =>
      genuine ? readVerified(compact.accepted) : refuse('bad_signature'),
    )
  }
}
