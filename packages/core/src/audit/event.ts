/** The events of the audit log: one typed union. No event has a field that could hold a token. */

import type { RejectionReason } from '../errors.js'
import type { Transport } from '../session/record.js'
import type { ReuseCause } from '../session/rotation.js'

/** How loud an event is: `info` is the normal course, `warn` wants a look, `error` wants an operator now. */
export type Severity = 'info' | 'warn' | 'error'

/** Where a request came from. All values are the client's own word unless a trusted proxy set them. */
export interface RequestSource {
  /** Network address of the client. */
  readonly ip?: string | undefined
  /** `X-Request-Id` of the request, cut to 256 characters. */
  readonly requestId?: string | undefined
  /** `User-Agent` of the request, cut to 256 characters. */
  readonly userAgent?: string | undefined
}

/** On whose behalf something was ended: the user's own request, the application's administrators, or a rule of this library. */
export type Actor = 'user' | 'admin' | 'library'

/** How an event turned out, as audit schemas ask for it. */
export type EventOutcome = 'success' | 'failure' | 'unknown'

/** Whom an event is about; identifiers of verified tokens only. */
export interface EventSubject {
  /** The application's own user id. */
  readonly subject: string
  /** The session, as in `sid`. */
  readonly sessionId: string
}

/** What happened; `type` tells the events apart. */
export type EventBody =
  | ({
      readonly type: 'login'
      readonly transport: Transport
      readonly persistent: boolean
      readonly device?: string
    } & EventSubject)
  | {
      readonly type: 'login_failed'
      /** The user id, where the application knows whose login failed. */
      readonly subject?: string
      /** What was typed as user name, where the application wants it in its log; cut to 256 characters. */
      readonly identifier?: string
      /** The application's own name of the reason; cut to 256 characters. */
      readonly reason?: string
    }
  | ({ readonly type: 'taken_over'; readonly reader: string } & EventSubject)
  | ({ readonly type: 'token_issued'; readonly tokenId: string; readonly expiresAt: number } & EventSubject)
  | ({
      readonly type: 'refreshed'
      /** What the rotation rule decided; `hold` gave an access token only. */
      readonly outcome: 'advance' | 'hold' | 'recover' | 'repair'
      readonly generation: number
    } & EventSubject)
  | ({ readonly type: 'recoveries_repeated'; readonly recoveries: number } & EventSubject)
  | ({
      readonly type: 'reuse_detected'
      readonly cause: ReuseCause
      readonly generation: number
    } & EventSubject)
  | ({ readonly type: 'logout' } & EventSubject)
  | {
      readonly type: 'revoked'
      readonly scope: 'token' | 'session' | 'subject'
      readonly actor: Actor
      readonly tokenId?: string
      readonly sessionId?: string
      /** Whose it was; absent only where neither caller nor store knew. */
      readonly subject?: string
      /** The session that was kept. */
      readonly kept?: string
    }
  | ({ readonly type: 'session_evicted' } & Partial<EventSubject>)
  | {
      readonly type: 'request_rejected'
      readonly reason: RejectionReason
      /** Whose token was refused, where its signature has proven it. */
      readonly subject?: string
      readonly sessionId?: string
      readonly tokenId?: string
      /** What to configure, where a setting may be missing. Holds excerpts of what the client sent. */
      readonly hint?: string
    }
  | ({ readonly type: 'key_rotated'; readonly from: string; readonly to: string } & EventSubject)
  | { readonly type: 'store_trouble'; readonly operation: string; readonly message: string }
  | { readonly type: 'store_warning'; readonly message: string }
  | { readonly type: 'replica_stale'; readonly maxStaleness: number }
  | { readonly type: 'replica_caught_up'; readonly marks: number }
  | ({ readonly type: 'revocation_unchecked'; readonly tokenId: string } & EventSubject)
  | { readonly type: 'claims_trouble'; readonly message: string }
  | { readonly type: 'server_fault'; readonly code: string; readonly message: string }
  | {
      readonly type: 'audit_checkpoint'
      /** Where this process's chain and those of others stand. */
      readonly heads: readonly { readonly writer: string; readonly number: number; readonly mac: string }[]
      readonly closed: boolean
    }
  | {
      readonly type: 'audit_lost'
      readonly count: number
      readonly types: Readonly<Record<string, number>>
    }
  | { readonly type: 'audit_trouble'; readonly message: string }
  | { readonly type: 'development_mode' }
  | { readonly type: 'memory_store_in_production' }

/** One entry of the audit log. */
export type AuthEvent = EventBody & {
  /** Random, the event's own. */
  readonly id: string
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number
  readonly severity: Severity
  readonly result: EventOutcome
} & RequestSource

/** How loud each event is, and how what it reports turned out. */
export const KINDS: Readonly<Record<EventBody['type'], readonly [Severity, EventOutcome]>> = {
  login: ['info', 'success'],
  login_failed: ['info', 'failure'],
  taken_over: ['info', 'success'],
  token_issued: ['info', 'success'],
  refreshed: ['info', 'success'],
  recoveries_repeated: ['warn', 'unknown'],
  reuse_detected: ['error', 'failure'],
  logout: ['info', 'success'],
  revoked: ['info', 'success'],
  session_evicted: ['info', 'success'],
  request_rejected: ['info', 'failure'],
  key_rotated: ['info', 'success'],
  store_trouble: ['error', 'failure'],
  store_warning: ['warn', 'unknown'],
  replica_stale: ['warn', 'failure'],
  replica_caught_up: ['info', 'success'],
  revocation_unchecked: ['warn', 'unknown'],
  claims_trouble: ['error', 'failure'],
  server_fault: ['error', 'failure'],
  audit_checkpoint: ['info', 'success'],
  audit_lost: ['error', 'failure'],
  audit_trouble: ['error', 'failure'],
  development_mode: ['warn', 'unknown'],
  memory_store_in_production: ['error', 'unknown'],
}
