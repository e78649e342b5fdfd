/** The one place in which an error becomes a reply: status, headers and body by its code alone. Reasons stay in the log. */

import { type AuthErrorCode, isAuthError } from '../errors.js'
import { type AuthReply, type Header, NO_STORE } from './message.js'

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
  'too_many_sessions',
])

/** Escapes a quoted-string (RFC 9110 section 5.6.4). */
const quoted = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')

/**
 * Turns an error into a reply; one that is not ours is a 500 that says nothing.
 *
 * @param realm - the protection space in the challenge of a 401; default: `app`, the default issuer
 * @example
 * app.use((error, req, res, next) => (isAuthError(error) ? toNodeResponse(res, replyTo(error)) : next(error)))
 */
export const replyTo = (error: unknown, realm = 'app'): AuthReply => {
  if (!isAuthError(error)) return { status: 500, headers: [NO_STORE], body: { error: 'server_error' } }
  const { code, status, headers, message } = error
  const challenge = CHALLENGES[code]
  const name = status === 500 ? 'server_error' : code
  const own: Header[] =
    challenge === undefined ? [] : [['WWW-Authenticate', `Bearer realm="${quoted(realm)}"${challenge}`]]
  return {
    status,
    headers: [NO_STORE, ...Object.entries(headers), ...own],
    body: EXPLAINED.has(code) ? { error: name, error_description: message } : { error: name },
  }
}
