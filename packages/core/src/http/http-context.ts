/** What every HTTP verb works with, and how it reports a failure. */

import type { AuthErrorCode } from '../errors.js'
import { isAuthError } from '../errors.js'
import type { Emit, RejectionReason } from '../events.js'
import type { Auth } from '../index.js'
import { failure } from './challenge.js'
import type { Cookies } from './cookies.js'
import type { HttpSettings } from './http-options.js'
import type { AuthReply, AuthRequest, Header } from './message.js'

/** What `createHttpAuth` binds once. */
export interface HttpContext<C extends object> {
  readonly core: Auth<C>
  readonly settings: HttpSettings
  readonly cookies: Cookies
  readonly emit: Emit
  /** The protection space named in challenges. */
  readonly realm: string
}

/** Failures that only HTTP sees; the core has reported its own. */
const HTTP_FAILURES = new Set<AuthErrorCode>([
  'unauthenticated',
  'csrf_failed',
  'invalid_request',
  'request_too_large',
])

/** Enters a failure into the audit log where the core has not done so. */
const report = <C extends object>({ emit }: HttpContext<C>, request: AuthRequest, error: unknown): void => {
  const known = isAuthError(error) ? error : null
  if (!known || known.status === 500) {
    const message = (error instanceof Error ? error.message : 'unknown').slice(0, 256)
    emit({ type: 'server_fault', code: known?.code ?? 'unknown', message }, request.origin)
  } else if (HTTP_FAILURES.has(known.code) || known.reason === 'several_credentials') {
    emit(
      { type: 'request_rejected', reason: (known.reason ?? 'bad_request') as RejectionReason },
      request.origin,
    )
  }
}

/** Runs a verb whose failure the caller sees as an error. */
export const reporting = async <C extends object, T>(
  context: HttpContext<C>,
  request: AuthRequest,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    report(context, request, error)
    throw error
  }
}

/** Turns a failure into a reply, with the cookies that have become useless expired. */
export const rejection = <C extends object>(context: HttpContext<C>, error: unknown): AuthReply => {
  const reply = failure(error, context.realm)
  return { ...reply, headers: [...reply.headers, ...uselessCookies(context, error)] }
}

/**
 * Reasons for which an access token can never become valid again. An unknown key is not among them (another node may
 * know it), nor is a fault: a late 401 must not end a session that lives.
 */
const DEAD: ReadonlySet<string> = new Set(['expired', 'revoked', 'malformed', 'oversized', 'bad_signature'])

const uselessCookies = <C extends object>({ cookies }: HttpContext<C>, error: unknown): Header[] => {
  if (!isAuthError(error, 'invalid_token') || !error.reason) return []
  if (error.reason === 'several_credentials') return cookies.clearRetired()
  return DEAD.has(error.reason) ? cookies.clearAccess() : []
}
