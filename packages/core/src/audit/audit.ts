/** What `createAuth` knows of an audit log: it is opened once, is given every event, and is closed. */

import { invalidInput } from '../checks.js'
import type { AuditQuery } from './audit-log.js'
import type { AuditEntry } from './chain.js'
import { deliver, type EventSink, eventOf } from './emit.js'
import type { AuthEvent, EventBody } from './event.js'

/** An audit log as `auditLog` of `@auth/core/audit` makes it, for the option `audit`. */
export interface Audit {
  /** Called once by `createAuth`. */
  open(context: AuditContext): OpenAudit
}

/** What an audit log is given of its `createAuth`. */
export interface AuditContext {
  readonly now: () => number
  /** Makes an event. */
  stamp(body: EventBody): AuthEvent
  /** Gives an event to `onEvent`, and not to the log. */
  report(event: AuthEvent): void
}

/** What can be asked of the audit log. */
export interface AuditVerbs {
  /** Reads events: those for which everything that is asked for holds. */
  read(query: AuditQuery): Promise<{ readonly events: readonly AuditEntry[]; readonly cursor: string }>
  /** Resolves once all that was accepted is kept, or the log has failed to take it. */
  flush(): Promise<void>
}

/** An audit log in use. */
export interface OpenAudit extends AuditVerbs {
  /** Accepts an event. Never throws, never waits. */
  push(event: AuthEvent): void
  /** Keeps what was accepted, then lets go of the log. */
  close(): Promise<void>
}

/** What an application asks; it rejects with `invalid_argument` where there is no audit log. */
export const auditVerbs = (
  audit: OpenAudit | undefined,
  settle: <T>(work: () => Promise<T>) => Promise<T>,
): AuditVerbs => {
  const asking = <T>(ask: (open: OpenAudit) => Promise<T>): Promise<T> =>
    settle(async () => {
      if (audit) return ask(audit)
      throw invalidInput('audit', ['there is no audit log; give createAuth the option audit'])
    })
  return { read: (query) => asking((open) => open.read(query)), flush: () => asking((open) => open.flush()) }
}

/** Opens the audit log that was configured, if one was. */
export const openAudit = (settings: {
  readonly audit: Audit | undefined
  readonly onEvent: EventSink
  readonly now: () => number
}): OpenAudit | undefined =>
  settings.audit?.open({
    now: settings.now,
    stamp: (body) => eventOf(body, settings.now()),
    report: (event) => deliver(settings.onEvent, event),
  })
