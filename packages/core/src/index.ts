/** `@auth/core`: what applications use, then, under the line, what authors of stores and adapters use. */

export { type Auth, createAuth } from './auth.js'
export {
  AuthError,
  type AuthErrorCode,
  type AuthErrorDetails,
  type AuthErrorHeaders,
  isAuthError,
  type TokenOwner,
} from './errors.js'
export {
  type AuthEvent,
  type EventBody,
  type EventSink,
  type EventSubject,
  jsonLines,
  type Logger,
  loggerSink,
  type RejectionReason,
  type RequestOrigin,
  type ReuseCause,
  type Severity,
} from './events.js'
export type { AuthenticateOptions } from './flows/authenticate.js'
export type { Access, Pair } from './flows/issue.js'
export type { LoginInput } from './flows/login.js'
export type { LogoutInput } from './flows/logout.js'
export type { RefreshOptions } from './flows/refresh.js'
export type { Revocation, RevokeTarget } from './flows/revoke.js'
export type { SessionInfo } from './flows/sessions.js'
export type { AuthOptions, ClaimsContext, Environment } from './options.js'
export type { Principal } from './token/claims.js'

// ------------------------------------------------------------------ for authors of stores and adapters

export { type Json, parseSessionRecord, type SessionRecord, type Transport } from './session/record.js'
export { partitionOf } from './session/session-id.js'
export {
  type DocumentMark,
  type FeedMark,
  type FeedPage,
  type FoundSession,
  type Insertion,
  type RevocationLife,
  type RevocationQuery,
  type RevocationTarget,
  type Revoked,
  type SessionCap,
  type SessionMark,
  type SessionTarget,
  STORE_LIMITS,
  type StoredDocument,
  type SubjectMark,
  type SubjectState,
  type SubjectTarget,
  type TokenMark,
  type TokenStore,
  type TokenTarget,
} from './store/token-store.js'
