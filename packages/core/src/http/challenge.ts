/** Replies to failures: status, headers and body by the error's code alone. Reasons stay in the audit log. */

import { type AuthErrorCode, type AuthErrorHeaders, isAuthError } from '../errors.js'
import type { AuthReply, Header } from './message.js'

/** Keeps tokens and verdicts out of caches. */
export const NO_STORE: Header = ['Cache-Control', 'no-store']

/** Error names of RFC 6750 and RFC 9470 for the challenge; a request without credentials gets none (RFC 6750 section 3.1). */
const CHALLENGES: Partial<Record<AuthErrorCode, string>> = {
  unauthenticated: '',
  invalid_token: ', error="invalid_token"',
  insufficient_authentication: ', error="insufficient_user_authentication"',
}

/** What a client can act on is explained; a bad token never is, and a fault of the server keeps its words. */
const EXPLAINED = new Set<AuthErrorCode>([
  'csrf_failed',
  'invalid_request',
  'request_too_large',
  'login_superseded',
])

/**
 * Turns a failure into a reply; an unknown one is a 500 that says nothing.
 *
 * @param realm - the protection space in the challenge, quoted; the issuer
 */
export const failure = (error: unknown, realm: string): AuthReply => {
  if (!isAuthError(error)) return { status: 500, headers: [NO_STORE], body: { error: 'server_error' } }
  const { code, status, headers, message } = error
  const challenge = CHALLENGES[code]
  const name = status === 500 ? 'server_error' : code
  return {
    status,
    headers: [
      NO_STORE,
      ...linesOf(headers),
      ...(challenge === undefined
        ? []
        : [['WWW-Authenticate', `Bearer realm="${quoted(realm)}"${challenge}`] as const]),
    ],
    body: EXPLAINED.has(code) ? { error: name, error_description: message } : { error: name },
  }
}

const linesOf = (headers: AuthErrorHeaders): Header[] =>
  Object.entries(headers).flatMap(([name, value]) => [value].flat().map((line): Header => [name, line]))

/** Escapes a quoted-string (RFC 9110 section 5.6.4). */
const quoted = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')
