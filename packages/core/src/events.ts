/** The audit log: one typed union of events, delivered to one sink. No event has a field that could hold a token. */

/** How loud an event is: `info` is the normal course, `warn` wants a look, `error` wants somebody now. */
export type Severity = 'info' | 'warn' | 'error'

/** Where a request came from. Both values are the client's own word unless a trusted proxy set them. */
export interface RequestOrigin {
  /** Network address of the client. */
  readonly ip?: string | undefined
  /** `X-Request-Id` of the request, cut to 256 characters. */
  readonly requestId?: string | undefined
}

/** Whom an event is about; identifiers of verified tokens only. */
export interface EventSubject {
  /** The application's own user id. */
  readonly subject: string
  /** The session, as in `sid`. */
  readonly sessionId: string
}

/** Why a presented refresh token counts as replayed. */
export type ReuseCause = 'spent_token' | 'orphaned_token' | 'too_many_recoveries'

/** Why a request was turned away. */
export type RejectionReason =
  | 'absent'
  | 'several_credentials'
  | 'bad_header'
  | 'malformed'
  | 'oversized'
  | 'unknown_key'
  | 'wrong_algorithm'
  | 'bad_signature'
  | 'bad_claims'
  | 'wrong_type'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'wrong_environment'
  | 'wrong_transport'
  | 'expired'
  | 'not_yet_valid'
  | 'lifetime_too_long'
  | 'revoked'
  | 'session_not_found'
  | 'session_expired'
  | 'superseded_epoch'
  | 'refresh_reused'
  | 'subject_disabled'
  | 'login_superseded'
  | 'login_too_old'
  | 'cross_site'
  | 'bad_request'

/** What happened; `type` tells the events apart. */
export type EventBody =
  | ({
      readonly type: 'login'
      readonly transport: 'cookie' | 'bearer'
      readonly persistent: boolean
    } & EventSubject)
  | ({ readonly type: 'token_issued'; readonly tokenId: string; readonly expiresAt: number } & EventSubject)
  | ({
      readonly type: 'refreshed'
      readonly outcome: 'advance' | 'repeat' | 'recover' | 'repair'
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
      readonly scope: 'token'
      readonly tokenId: string
      readonly sessionId: string
    }
  | { readonly type: 'revoked'; readonly scope: 'session'; readonly sessionId: string }
  | { readonly type: 'revoked'; readonly scope: 'subject'; readonly subject: string; readonly kept?: string }
  | {
      readonly type: 'request_rejected'
      readonly reason: RejectionReason
      /** Whose token was refused, where its signature has proven it. */
      readonly subject?: string
      readonly sessionId?: string
      readonly tokenId?: string
    }
  | ({ readonly type: 'key_rotated'; readonly from: string; readonly to: string } & EventSubject)
  | { readonly type: 'store_trouble'; readonly operation: string; readonly message: string }
  | { readonly type: 'store_warning'; readonly message: string }
  | { readonly type: 'replica_stale'; readonly maxStaleness: number }
  | { readonly type: 'replica_caught_up'; readonly marks: number }
  | ({ readonly type: 'revocation_unchecked'; readonly tokenId: string } & EventSubject)
  | { readonly type: 'claims_trouble'; readonly message: string }
  | { readonly type: 'server_fault'; readonly code: string; readonly message: string }
  | { readonly type: 'development_mode' }
  | { readonly type: 'memory_store_in_production' }

/** One entry of the audit log. */
export type AuthEvent = EventBody & {
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number
  readonly severity: Severity
} & RequestOrigin

/** Receives every event. What it throws or rejects with is dropped, and it is never waited for. */
export type EventSink = (event: AuthEvent) => unknown

const SEVERITY: Record<EventBody['type'], Severity> = {
  login: 'info',
  token_issued: 'info',
  refreshed: 'info',
  recoveries_repeated: 'warn',
  reuse_detected: 'error',
  logout: 'info',
  revoked: 'info',
  request_rejected: 'info',
  key_rotated: 'info',
  store_trouble: 'error',
  store_warning: 'warn',
  replica_stale: 'warn',
  replica_caught_up: 'info',
  revocation_unchecked: 'warn',
  claims_trouble: 'error',
  server_fault: 'error',
  development_mode: 'warn',
  memory_store_in_production: 'error',
}

/** Sends an event on its way. */
export type Emit = (body: EventBody, origin?: RequestOrigin) => void

/** Binds sink and clock; nothing the sink does reaches the caller. */
export const createEmit =
  (sink: EventSink, now: () => number): Emit =>
  (body, origin) => {
    try {
      const event = { ...origin, ...body, at: now(), severity: SEVERITY[body.type] } as AuthEvent
      // Whatever is thenable, of any realm: an audit log that fails must not become an unhandled rejection.
      Promise.resolve(sink(event)).catch(() => undefined)
    } catch {
      // The audit log never decides about a request.
    }
  }

/** What JSON leaves as it is though a reader may take it for a line break or a terminal for a command. */
const UNSAFE_IN_A_LINE = /[\u007f-\u009f\u2028\u2029]/g
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * A sink that writes one JSON object a line, ready for any log collector. Control characters inside values are
 * escaped, so a value cannot forge a line; `at` is an RFC 3339 time in UTC.
 *
 * @param write - takes one line without its line break. Default: `console.log`.
 * @example
 * createAuth({ onEvent: jsonLines((line) => process.stdout.write(`${line}\n`)) })
 */
export const jsonLines =
  (write: (line: string) => unknown = (line) => console.log(line)): EventSink =>
  (event) =>
    write(
      JSON.stringify({ ...event, at: new Date(event.at).toISOString() }).replace(UNSAFE_IN_A_LINE, escaped),
    )

/** What `loggerSink` needs of a logger: pino, bunyan and `console` have it. Fields come first, the message second. */
export type Logger = Record<Severity, (fields: object, message: string) => unknown>

/**
 * A sink for a pino-shaped logger: severity picks the method, the event's type becomes the message.
 *
 * @example
 * createAuth({ onEvent: loggerSink(pino()) })
 */
export const loggerSink =
  (logger: Logger): EventSink =>
  ({ severity, ...event }) =>
    logger[severity](event, event.type)

/** The sink where none was given: what is wrong goes to the console, in development also why a request was turned away. */
export const defaultSink = (development: boolean): EventSink => {
  const print = jsonLines((line) => console.warn(line))
  return (event) => {
    const wanted = development
      ? event.severity !== 'info' || event.type === 'request_rejected'
      : event.severity !== 'info'
    if (wanted) print(event)
  }
}
