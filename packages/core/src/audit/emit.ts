/** How an event is sent on its way: to one sink, which can neither delay nor change what it is told of. */

import { randomId } from '../session/session-id.js'
import { type AuthEvent, type EventBody, KINDS, type RequestSource } from './event.js'

/** Receives every event. What it throws or rejects with is dropped, and it is never waited for. */
export type EventSink = (event: AuthEvent) => unknown

/** Sends an event on its way. */
export type Emit = (body: EventBody, source?: RequestSource) => void

/** Makes an event of what happened. */
export const eventOf = (body: EventBody, at: number, source?: RequestSource): AuthEvent => {
  const [severity, result] = KINDS[body.type]
  return { ...source, ...body, id: randomId(), at, severity, result } as AuthEvent
}

/** Gives an event to a sink; nothing the sink does reaches the caller. */
export const deliver = (sink: EventSink, event: AuthEvent): void => {
  try {
    // A thenable of any realm: an audit log that fails must not become an unhandled rejection.
    Promise.resolve(sink(event)).catch(() => undefined)
  } catch {
    // The audit log never decides about a request.
  }
}

/** Binds sink and clock. @param push - the audit log, which is given the event before any sink can change it */
export const createEmit =
  (sink: EventSink, now: () => number, push?: (event: AuthEvent) => void): Emit =>
  (body, source) => {
    try {
      const event = eventOf(body, now(), source)
      push?.(event)
      deliver(sink, event)
    } catch {
      // A clock that throws is no reason to fail a request.
    }
  }
