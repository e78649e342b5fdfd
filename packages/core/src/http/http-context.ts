/** What every HTTP verb works with, and how it reports a failure. */

import { type AuthErrorCode, isAuthError } from '../errors.js'
import type { Emit, RejectionReason } from '../events.js'
import type { Auth } from '../index.js'
import type { Cookies } from './cookies.js'
import type { HttpSettings } from './http-options.js'
import type { AuthRequest } from './message.js'

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

/** Reasons for which a token is refused before the core sees it. */
const HTTP_REASONS: ReadonlySet<string> = new Set(['several_credentials', 'bad_header'])

/** Enters a failure into the audit log where the core has not done so. */
const report = <C extends object>({ emit }: HttpContext<C>, request: AuthRequest, error: unknown): void => {
  const known = isAuthError(error) ? error : null
  if (!known || known.status === 500) {
    const message = (error instanceof Error ? error.message : 'unknown').slice(0, 256)
    emit({ type: 'server_fault', code: known?.code ?? 'unknown', message }, request.origin)
  } else if (HTTP_FAILURES.has(known.code) || HTTP_REASONS.has(known.reason ?? '')) {
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
