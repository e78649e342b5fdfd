/** `@auth/core`: what applications use, then, under the line, what authors of stores and adapters use. */

export type { EventSink } from './audit/emit.js'
export type {
  Actor,
  AuthEvent,
  EventBody,
  EventOutcome,
  EventSubject,
  RequestSource,
  Severity,
} from './audit/event.js'
export { jsonLines, type Logger, loggerSink } from './audit/sinks.js'
export { type Auth, createAuth } from './auth.js'
export {
  AuthError,
  type AuthErrorCode,
  type AuthErrorDetails,
  isAuthError,
  type RejectionReason,
  type TokenOwner,
} from './errors.js'
export type { AuthenticateOptions } from './flows/authenticate.js'
export type { LoginInput } from './flows/login.js'
export type { LogoutInput } from './flows/logout.js'
export type { RefreshOptions } from './flows/refresh.js'
export type { Report } from './flows/report.js'
export type { Revocation, RevokeOptions, RevokeTarget } from './flows/revoke.js'
export type { SessionInfo } from './flows/sessions.js'
export type { Watch, WatchOptions, WatchVerb } from './flows/watch.js'
export type { ExternalSign } from './keys/external-signer.js'
export type { AccessKeyOption, ExternalKey } from './keys/key-options.js'
export type { AuthOptions, Environment } from './options.js'
export type { Jwk } from './platform/platform.js'
export type { EndReason } from './revocation/watchers.js'
export type { Principal } from './token/claims.js'
export type { ClaimsContext, ClaimsFunction } from './token/claims-source.js'
export type { Access, Pair, Refreshed } from './token/issue.js'

// ------------------------------------------------------------------ for authors of stores and adapters

export {
  AUDIT_LIMITS,
  type AuditHead,
  type AuditLog,
  type AuditPage,
  type AuditPlace,
  type AuditQuery,
  type AuditRecord,
} from './audit/audit-log.js'
export { type Json, parseSessionRecord, type SessionRecord, type Transport } from './session/record.js'
export type { ReuseCause } from './session/rotation.js'
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
