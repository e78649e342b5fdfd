// @ts-check
/** OpenID Connect Back-Channel Logout 1.0, section 2.6: whether a logout token is the provider's, is fresh, and comes once. */

import { createRemoteJWKSet, jwtVerify } from 'jose'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** The oldest token that is taken, in seconds, and for twice as long its `jti` is remembered. */
const MAX_AGE = 120

/** A logout token that ends nothing. */
export class LogoutTokenError extends Error {}

/** @param {unknown} value @returns {value is string} */
const isName = (value) => typeof value === 'string' && value !== '' && value.length <= 200

/**
 * @param {object} options
 * @param {string} options.issuer
 * @param {string} options.clientId
 * @param {string} options.jwksUri
 * @param {string[]} options.algorithms listed by us: the token does not choose
 * @param {(id: string, lastsFor: number) => Promise<boolean>} options.remember
 * @returns {(token: unknown) => Promise<{ sub: string, sid: string | undefined }>}
 */
export const createLogoutTokens = ({ issuer, clientId, jwksUri, algorithms, remember }) => {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  const rules = {
    issuer,
    audience: clientId,
    algorithms,
    typ: 'logout+jwt', // an ID token is no logout token
    maxTokenAge: MAX_AGE,
    clockTolerance: 30,
    requiredClaims: ['iat', 'exp', 'jti', 'events'],
  }
  /** @param {string} token */
  const claimsOf = async (token) => {
    try {
      return (await jwtVerify(token, keys, rules)).payload
    } catch {
      throw new LogoutTokenError('not a valid logout token')
    }
  }
  return async (token) => {
    if (typeof token !== 'string' || token.length > 8192) throw new LogoutTokenError('no logout token')
    const { jti, sub, sid, events, nonce } = await claimsOf(token)
    const event = Object(events)[EVENT]
    if (typeof event !== 'object' || event === null) throw new LogoutTokenError('not about a logout')
    if (nonce !== undefined) throw new LogoutTokenError('a logout token has no nonce')
    // The specification allows a `sid` alone; then the application needs an index from it to its own sessions.
    if (!isName(jti) || !isName(sub)) throw new LogoutTokenError('jti and sub are needed')
    if (sid !== undefined && !isName(sid)) throw new LogoutTokenError('sid is no string')
    if (!(await remember(`logout ${jti}`, 2 * MAX_AGE * 1000))) throw new LogoutTokenError('seen before')
    return { sub, sid }
  }
}
