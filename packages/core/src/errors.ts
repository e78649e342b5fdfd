/** The one error this library throws. Every failure a caller can meet is a `code` in the table below. */

import { MAX_EXCERPT } from './limits.js'

/** HTTP status of every error code: the single place where the two are tied together. */
const STATUS = {
  invalid_options: 500,
  invalid_argument: 500,
  claims_invalid: 500,
  cookie_too_large: 500,
  response_started: 500,
  internal_error: 500,
  invalid_request: 400,
  request_too_large: 413,
  unauthenticated: 401,
  invalid_token: 401,
  insufficient_authentication: 401,
  subject_disabled: 403,
  csrf_failed: 403,
  login_superseded: 409,
  too_many_sessions: 409,
  store_unavailable: 503,
  claims_unavailable: 503,
  keys_unavailable: 503,
} as const

/**
 * What went wrong, as a stable name.
 *
 * | code | status | meaning |
 * |---|---|---|
 * | `invalid_options` | 500 | `createAuth` or `guard` was given options that cannot work; thrown at start |
 * | `invalid_argument` | 500 | a method of the library was called with a value it cannot take |
 * | `claims_invalid` | 500 | the `claims` function returned something that cannot become token claims |
 * | `cookie_too_large` | 500 | the access token does not fit into a 4096 byte cookie |
 * | `response_started` | 500 | cookies were to be set on a response whose headers had been sent already |
 * | `internal_error` | 500 | something failed that should not, in the clock or in the library; `cause` says what |
 * | `invalid_request` | 400 | the request contradicts itself, or its body cannot be read |
 * | `request_too_large` | 413 | the request body exceeds 8 KB |
 * | `unauthenticated` | 401 | no credential was presented |
 * | `invalid_token` | 401 | the presented token is malformed, expired, revoked or not ours (RFC 6750 section 3.1) |
 * | `insufficient_authentication` | 401 | the login lies further back than `maxAuthAge` allows (RFC 9470) |
 * | `subject_disabled` | 403 | the `claims` function said that this subject may not sign in |
 * | `csrf_failed` | 403 | a cookie-authenticated request came from another site |
 * | `login_superseded` | 409 | all sessions of the subject were revoked while this login was under way |
 * | `too_many_sessions` | 409 | the subject has `maxSessions` sessions, and `whenFull` is `deny` |
 * | `store_unavailable` | 503 | the token store is down, slow or full |
 * | `claims_unavailable` | 503 | the `claims` function threw, or gave no answer within 5 seconds |
 * | `keys_unavailable` | 503 | an external signer cannot sign, or signs with another key |
 */
export type AuthErrorCode = keyof typeof STATUS

/** Why a request was turned away, and the code of the error that says so. */
export const REFUSALS = {
  absent: 'unauthenticated',
  several_credentials: 'invalid_token',
  bad_header: 'invalid_token',
  malformed: 'invalid_token',
  oversized: 'invalid_token',
  unknown_key: 'invalid_token',
  wrong_algorithm: 'invalid_token',
  bad_signature: 'invalid_token',
  bad_claims: 'invalid_token',
  wrong_type: 'invalid_token',
  wrong_issuer: 'invalid_token',
  wrong_audience: 'invalid_token',
  wrong_environment: 'invalid_token',
  wrong_transport: 'invalid_token',
  expired: 'invalid_token',
  not_yet_valid: 'invalid_token',
  lifetime_too_long: 'invalid_token',
  revoked: 'invalid_token',
  session_not_found: 'invalid_token',
  session_expired: 'invalid_token',
  superseded_epoch: 'invalid_token',
  refresh_reused: 'invalid_token',
  subject_disabled: 'invalid_token',
  login_superseded: 'login_superseded',
  too_many_sessions: 'too_many_sessions',
  login_too_old: 'insufficient_authentication',
  cross_site: 'csrf_failed',
  takeover_ended: 'invalid_token',
  takeover_replayed: 'invalid_token',
  bad_request: 'invalid_request',
  body_too_large: 'request_too_large',
} as const satisfies Record<string, AuthErrorCode>

/** Why a request was turned away, as a stable name for events and logs. Never sent to a client. */
export type RejectionReason = keyof typeof REFUSALS

/** What an error says, by its code, where the place that raises it has nothing to add. */
const MESSAGES: Partial<Record<AuthErrorCode, string>> = {
  unauthenticated: 'Sign in first.',
  invalid_token: 'The token is not valid.',
  insufficient_authentication: 'Sign in again to do this.',
  subject_disabled: 'This subject may not sign in.',
  login_superseded: 'All sessions of this subject were revoked meanwhile. Sign in again.',
  too_many_sessions: 'This subject is signed in on as many devices as maxSessions allows.',
}

/** Whom a verified token belongs to. */
export interface TokenOwner {
  readonly subject: string
  readonly sessionId: string
  readonly tokenId?: string
}

/** Details of an {@link AuthError}; none of them may hold a token, a cookie or a secret. */
export interface AuthErrorDetails {
  /** Why, for events and logs. */
  readonly reason?: RejectionReason | undefined
  /** Whom a refused token belongs to, where that was proven. For the audit log. */
  readonly about?: TokenOwner | undefined
  /** What the operator may have to configure; for the audit log, never for the client. */
  readonly hint?: string | undefined
  /** The underlying failure; of a foreign error only name, message and code are kept. */
  readonly cause?: unknown
}

/**
 * The error class of this library. Compare `code`, not the class: a CommonJS and an ES module copy may both be
 * loaded in one process.
 *
 * `status` and `headers` follow from `code` and are read by the default error handlers of Express and Koa.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  /** The stable name of the failure. */
  readonly code: AuthErrorCode
  /** The HTTP status that belongs to `code`. */
  readonly status: number
  /** Response headers that belong to `code`: `Retry-After` of a 503. */
  readonly headers: Readonly<Record<string, string>>
  /** Why; absent where `code` says it all. */
  readonly reason: RejectionReason | undefined
  /** Whom a refused token belongs to, where that was proven; for the audit log, never for the client. */
  readonly about: TokenOwner | undefined
  /** What the operator may have to configure; for the audit log, never for the client. */
  readonly hint: string | undefined

  constructor(code: AuthErrorCode, message?: string, details: AuthErrorDetails = {}) {
    super(
      message ?? MESSAGES[code],
      details.cause === undefined ? undefined : { cause: foreign(details.cause) },
    )
    this.code = code
    this.status = STATUS[code]
    this.headers = this.status === 503 ? { 'Retry-After': '1' } : {}
    this.reason = details.reason
    this.about = details.about
    this.hint = details.hint
  }
}

/** Whether a caught value is an {@link AuthError}, of any loaded copy of this package; with `code`, that very one. */
export const isAuthError = (error: unknown, code?: AuthErrorCode): error is AuthError =>
  error instanceof Error &&
  error.name === 'AuthError' &&
  'code' in error &&
  Object.hasOwn(STATUS, String(error.code)) &&
  (code === undefined || error.code === code)

/** What looks like a token of ours, or like the arguments of a command, in the words of somebody else's error. */
const TELL_TALE = /eyJ[\w-]*(\.[\w-]*)*|rt1\.[\w.-]*|,? ?with args beginning with.*/gs

/** What an event may repeat of a foreign error's message: cut short, and nothing that could be a token. */
export const excerptOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : 'unknown'
  return String(message)
    .slice(0, 4 * MAX_EXCERPT)
    .replace(TELL_TALE, '[...]')
    .slice(0, MAX_EXCERPT)
}

/** Drivers hang commands, arguments and rows on their errors: only name, message and code leave. */
const foreign = (cause: unknown): unknown => {
  if (isAuthError(cause)) return cause
  const { name, code } = Object(cause) as { readonly name?: unknown; readonly code?: unknown }
  const kept = new Error(excerptOf(cause))
  kept.name = typeof name === 'string' ? name.slice(0, 64) : 'Error'
  delete kept.stack
  return typeof code === 'string' || typeof code === 'number'
    ? Object.assign(kept, { code: String(code).slice(0, 64) })
    : kept
}
