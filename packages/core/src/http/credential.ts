/** Credentials: which token a request presents, and on which transport. Decided once, before any token is looked at. */

import { AuthError } from '../errors.js'
import type { Transport } from '../index.js'
import { bodyField } from './body.js'
import { type Cookies, cookieValues } from './cookies.js'
import { type AuthRequest, type Header, singleHeader } from './message.js'

/** A presented token and how it came. */
export interface Credential {
  readonly transport: Transport
  readonly token: string
}

/** The one refusal of a bad token; `cookies` are the lines that expire what has become useless. */
export const invalidToken = (reason: string, cookies: readonly Header[] = []): AuthError => {
  const headers = cookies.length > 0 ? { 'Set-Cookie': cookies.map(([, line]) => line) } : {}
  return new AuthError('invalid_token', 'The token is not valid.', { reason, headers })
}

/** RFC 6750 section 2.1: the scheme in any case, spaces, and exactly one token. */
const bearerToken = (header: string): string | undefined => {
  if (header.slice(0, 7).toLowerCase() !== 'bearer ') return undefined
  const token = header.slice(7).replace(/^ +/, '')
  return token === '' || /[\s,]/.test(token) ? undefined : token
}

/**
 * The value of one of our cookies; undefined where it is absent or empty. Two of one name are refused, and those of
 * earlier configurations are expired, so that the next request has one.
 */
export const cookieToken = (
  request: AuthRequest,
  cookies: Cookies,
  which: 'access' | 'refresh',
): string | undefined => {
  const values = cookieValues(request, cookies[which].name)
  if (values.length > 1) throw invalidToken('several_credentials', cookies.clearRetired())
  return values[0] || undefined
}

/**
 * Finds the access token of a request; undefined where none is presented. A presented `Authorization` header decides,
 * whatever is in it: there is no falling back to the cookie.
 *
 * @throws AuthError `invalid_token` where the header holds no single bearer token, or the cookie came twice
 */
export const accessCredential = (request: AuthRequest, cookies: Cookies): Credential | undefined => {
  const header = singleHeader(request, 'authorization')
  if (header === null) throw invalidToken('several_credentials')
  if (header !== undefined) {
    const token = bearerToken(header)
    if (!token) throw invalidToken('bad_header')
    return { transport: 'bearer', token }
  }
  const token = cookieToken(request, cookies, 'access')
  return token ? { transport: 'cookie', token } : undefined
}

/**
 * Finds the refresh token of a request: in a field `refresh_token` of the body (bearer) or in the cookie.
 *
 * @throws AuthError `invalid_request` where both are present or the body cannot be read
 */
export const refreshCredential = async (
  request: AuthRequest,
  cookies: Cookies,
): Promise<Credential | undefined> => {
  const token = await bodyField(request, 'refresh_token')
  if (token === undefined) {
    const value = cookieToken(request, cookies, 'refresh')
    return value ? { transport: 'cookie', token: value } : undefined
  }
  if (cookieValues(request, cookies.refresh.name).length > 0) {
    throw new AuthError(
      'invalid_request',
      'Send the refresh token in the body or in the cookie, not in both.',
      {
        reason: 'bad_request',
      },
    )
  }
  return { transport: 'bearer', token }
}
