/** The one error this library throws. Every failure a caller can meet is a `code` in the table below. */

/** HTTP status of every error code: the single place where the two are tied together. */
const STATUS = {
  invalid_options: 500,
  invalid_argument: 500,
  claims_invalid: 500,
  cookie_too_large: 500,
  internal_error: 500,
  invalid_request: 400,
  request_too_large: 413,
  unauthenticated: 401,
  invalid_token: 401,
  insufficient_authentication: 401,
  subject_disabled: 403,
  csrf_failed: 403,
  login_superseded: 409,
  store_unavailable: 503,
  claims_unavailable: 503,
} as const

/**
 * What went wrong, as a stable name.
 *
 * | code | status | meaning |
 * |---|---|---|
 * | `invalid_options` | 500 | `createAuth` was given options that cannot work; thrown at start |
 * | `invalid_argument` | 500 | a method of the library was called with a value it cannot take |
 * | `claims_invalid` | 500 | the `claims` function returned something that cannot become token claims |
 * | `cookie_too_large` | 500 | the access token does not fit into a 4096 byte cookie |
 * | `internal_error` | 500 | something failed that should not, in the clock or in the library; `cause` says what |
 * | `invalid_request` | 400 | the request contradicts itself, or its body cannot be read |
 * | `request_too_large` | 413 | the request body exceeds 8 KB |
 * | `unauthenticated` | 401 | no credential was presented |
 * | `invalid_token` | 401 | the presented token is malformed, expired, revoked or not ours (RFC 6750 section 3.1) |
 * | `insufficient_authentication` | 401 | the login lies further back than `maxAuthAge` allows (RFC 9470) |
 * | `subject_disabled` | 403 | the `claims` function said that this subject may not sign in |
 * | `csrf_failed` | 403 | a cookie-authenticated request came from another site |
 * | `login_superseded` | 409 | all sessions of the subject were revoked while this login was under way |
 * | `store_unavailable` | 503 | the token store is down, slow or full |
 * | `claims_unavailable` | 503 | the `claims` function threw |
 */
export type AuthErrorCode = keyof typeof STATUS

/** Response headers that belong to a failure; a list stands for several lines. */
export type AuthErrorHeaders = Readonly<Record<string, string | readonly string[]>>

/** Whom a verified token belongs to. */
export interface TokenOwner {
  readonly subject: string
  readonly sessionId: string
  readonly tokenId?: string
}

/** Details of an {@link AuthError}; none of them may hold token text, a cookie or a secret. */
export interface AuthErrorDetails {
  /** Why, as a stable word for events and logs. Never sent to a client. */
  readonly reason?: string
  /** Whom a refused token belongs to, where that was proven. For the audit log. */
  readonly about?: TokenOwner | undefined
  /** Response headers an HTTP framework should send along. */
  readonly headers?: AuthErrorHeaders
  /** The underlying failure, for the operator's log. */
  readonly cause?: unknown
}

/**
 * The error class of this library. Compare `code`, not the class: a CommonJS and an ES module copy may both be
 * loaded in one process.
 *
 * `status` and `headers` are read by the default error handlers of Express and Koa.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  /** The stable name of the failure. */
  readonly code: AuthErrorCode
  /** The HTTP status that belongs to `code`. */
  readonly status: number
  /** Response headers that belong to the failure, for instance `Retry-After`. */
  readonly headers: AuthErrorHeaders
  /** Why, as a stable word for events and logs; absent where `code` says it all. */
  readonly reason: string | undefined
  /** Whom a refused token belongs to, where that was proven; for the audit log, never for the client. */
  readonly about: TokenOwner | undefined

  constructor(code: AuthErrorCode, message: string, details: AuthErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.status = STATUS[code]
    this.headers = details.headers ?? (this.status === 503 ? { 'Retry-After': '1' } : {})
    this.reason = details.reason
    this.about = details.about
  }
}

/** Whether a caught value is an {@link AuthError}, of any loaded copy of this package; with `code`, that very one. */
export const isAuthError = (error: unknown, code?: AuthErrorCode): error is AuthError =>
  error instanceof Error &&
  error.name === 'AuthError' &&
  'code' in error &&
  Object.hasOwn(STATUS, String(error.code)) &&
  (code === undefined || error.code === code)
