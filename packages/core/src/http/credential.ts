/**
 * Credentials: which token a request presents, and on which transport. One table for guard, refresh and logout, decided
 * before any token is looked at:
 *
 * | `Authorization` | `refresh_token` in the body | access token | refresh token |
 * |---|---|---|---|
 * | two fields | any | refused | refused |
 * | `Bearer` and one token | a string | that token | that string |
 * | `Bearer` and one token | absent | that token | none |
 * | `Bearer` and anything else | a string | refused | that string |
 * | `Bearer` and anything else | absent | refused | refused |
 * | absent, or another scheme | a string | none | that string |
 * | absent, or another scheme | absent | the access cookie | the refresh cookie |
 *
 * Where a header or the body decides, cookies beside it are no credential. Two cookies of one name are refused.
 */

import { accept, isRefusal, type Outcome, refuse } from '../outcome.js'
import type { Transport } from '../session/record.js'
import { bodyField } from './body.js'
import { type Cookies, cookieValues } from './cookies.js'
import type { Exchange } from './exchange.js'
import type { AuthRequest } from './message.js'

/** A presented token and how it came. */
export interface Credential {
  readonly transport: Transport
  readonly token: string
}

/** What a request presents; undefined where it presents nothing of the kind. */
export type Presented = Outcome<Credential> | undefined

const SCHEME = /^bearer(?![!#$%&'*+.^_`|~\w-])/i

/** RFC 6750 section 2.1: the scheme in any case, spaces, and exactly one token. Another scheme is no credential of ours. */
export const headerCredential = (request: AuthRequest): Presented => {
  const fields = request.header('authorization')
  if (fields.length > 1) return refuse('several_credentials')
  const [field] = fields
  if (field === undefined || !SCHEME.test(field)) return undefined
  const token = field.slice(7).replace(/^ +/, '')
  const isOne = field[6] === ' ' && token !== '' && !/[\s,]/.test(token)
  return isOne ? accept({ transport: 'bearer', token }) : refuse('bad_header')
}

/** The one cookie of a name. Of two, earlier configurations' are expired, so that the next request has one. */
export const cookieCredential = (
  { request, headers }: Exchange,
  cookies: Cookies,
  which: 'access' | 'refresh',
): Presented => {
  const values = cookieValues(request, cookies[which].name)
  if (values.length > 1) {
    headers.push(...cookies.clearRetired())
    return refuse('several_credentials')
  }
  const [token] = values
  return token ? accept({ transport: 'cookie', token }) : undefined
}

/** Finds the access token of a request. */
export const accessCredential = (exchange: Exchange, cookies: Cookies): Presented =>
  headerCredential(exchange.request) ?? cookieCredential(exchange, cookies, 'access')

/** Finds what the body decides; undefined where the cookies decide. @throws AuthError `invalid_request`, `request_too_large` */
export const bodyCredential = async (request: AuthRequest): Promise<Presented> => {
  if (request.header('authorization').length > 1) return refuse('several_credentials')
  const token = await bodyField(request, 'refresh_token')
  return token === undefined ? undefined : accept({ transport: 'bearer', token })
}

/** Finds the refresh token of a request. @throws AuthError `invalid_request`, `request_too_large` */
export const refreshCredential = async (exchange: Exchange, cookies: Cookies): Promise<Presented> => {
  const own = await bodyCredential(exchange.request)
  if (own) return own
  const header = headerCredential(exchange.request)
  if (header) return isRefusal(header) ? header : undefined
  return cookieCredential(exchange, cookies, 'refresh')
}
