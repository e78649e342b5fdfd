/** Issues access tokens (RFC 9068 profile). */

import { CompactSign } from 'jose'
import { AuthError } from '../errors.js'
import type { Settings } from '../options.js'
import type { SessionRecord, Transport } from '../session/record.js'
import type { Principal } from './claims.js'
import { MAX_TOKEN_LENGTH } from './compact.js'
import type { KeyRing } from './keys.js'

/** When a token is issued and how long it may live; fixed before a flow first reads the store. */
export interface TokenLife {
  /** In milliseconds. */
  readonly issuedAt: number
  /** In milliseconds, on a whole second; a session's end can only bring it forward. */
  readonly expiresAt: number
}

const encoder = new TextEncoder()

/** Browsers drop a cookie whose name and value exceed 4096 bytes (RFC 6265bis section 5.6); names take 96 at most. */
const MAX_COOKIE_VALUE = 4000

/** Refuses a token that nobody could send back, before anything is stored for it. */
const assertFits = (text: string, transport: Transport): void => {
  if (transport === 'cookie' && text.length > MAX_COOKIE_VALUE) {
    throw new AuthError(
      'cookie_too_large',
      `The claims make an access cookie of more than ${MAX_COOKIE_VALUE} bytes.`,
    )
  }
  if (text.length > MAX_TOKEN_LENGTH) {
    throw new AuthError(
      'claims_invalid',
      `The claims make an access token of more than ${MAX_TOKEN_LENGTH} characters.`,
    )
  }
}

/** Begins the life of a token now. */
export const tokenLife = (settings: Pick<Settings<object>, 'now' | 'accessTtl'>): TokenLife => {
  const issuedAt = Math.floor(settings.now() / 1000) * 1000
  if (!Number.isSafeInteger(issuedAt))
    throw new AuthError('internal_error', 'The clock gives no number of milliseconds.')
  return { issuedAt, expiresAt: issuedAt + settings.accessTtl * 1000 }
}

/**
 * Signs an access token for a session with the ring's signing key. The registered claims are written last, so that no
 * custom claim could ever stand in for one.
 *
 * @throws AuthError `claims_invalid`, or `cookie_too_large`, where the token would be too long to be accepted again.
 */
export const signAccessToken = async <C extends object>(
  { signing }: KeyRing,
  settings: Pick<Settings<C>, 'issuer' | 'audience' | 'development'>,
  principal: Principal<C> & { readonly epoch: SessionRecord['epoch'] },
): Promise<string> => {
  const payload = {
    ...principal.claims,
    iss: settings.issuer,
    aud: settings.audience,
    sub: principal.subject,
    sid: principal.sessionId,
    jti: principal.tokenId,
    iat: principal.issuedAt / 1000,
    exp: principal.expiresAt / 1000,
    auth_time: Math.floor(principal.authenticatedAt / 1000),
    epoch: principal.epoch,
    transport: principal.transport,
    ...(settings.development ? { env: 'development' } : {}),
  }
  const text = await new CompactSign(encoder.encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: signing.alg, kid: signing.kid, typ: 'at+jwt' })
    .sign(signing.access)
  assertFits(text, principal.transport)
  return text
}
