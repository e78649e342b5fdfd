/** Signs access tokens (RFC 9068 profile). */

import { platform } from '#platform'
import { AuthError } from '../errors.js'
import type { AccessKey } from '../keys/algorithms.js'
import { MAX_TOKEN_LENGTH } from '../limits.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import type { Transport } from '../session/record.js'
import type { Principal, TokenPolicy } from './claims.js'

const encoder = new TextEncoder()

/** Browsers drop a cookie whose name and value exceed 4096 bytes (RFC 6265bis section 5.6); names take 96 at most. */
const MAX_COOKIE_VALUE = 4000

/** Refuses a token that no client could send back, before anything is stored for it. */
const assertFits = (token: string, transport: Transport): string => {
  if (transport === 'cookie' && token.length > MAX_COOKIE_VALUE) {
    throw new AuthError(
      'cookie_too_large',
      `The claims make an access cookie of more than ${MAX_COOKIE_VALUE} bytes.`,
    )
  }
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new AuthError(
      'claims_invalid',
      `The claims make an access token of more than ${MAX_TOKEN_LENGTH} characters.`,
    )
  }
  return token
}

/**
 * Signs an access token. The registered claims are written last, so that no custom claim could ever stand in for one.
 *
 * @throws AuthError `claims_invalid` or `cookie_too_large` where the token would be too long to be accepted again
 */
export const signAccessToken = (
  key: AccessKey,
  policy: TokenPolicy,
  principal: Principal & { readonly epoch: number },
): MaybePromise<string> => {
  if (!key.sign) throw new AuthError('internal_error', 'The first key of the ring cannot sign.')
  const payload = {
    ...principal.claims,
    iss: policy.issuer,
    aud: policy.audience,
    sub: principal.subject,
    sid: principal.sessionId,
    jti: principal.tokenId,
    iat: principal.issuedAt / 1000,
    exp: principal.expiresAt / 1000,
    auth_time: Math.floor(principal.authenticatedAt / 1000),
    epoch: principal.epoch,
    transport: principal.transport,
    ...(policy.development ? { env: 'development' } : {}),
  }
  const input = `${key.header}.${platform.encode(encoder.encode(JSON.stringify(payload)))}`
  return after(key.sign(input), (signature) => assertFits(`${input}.${signature}`, principal.transport))
}
