/** How an event is sent on its way: to one sink, which can neither delay nor change what it is told of. */

import { randomId } from '../session/session-id.js'
import { type AuthEvent, type EventBody, KINDS, type RequestSource } from './event.js'

/** Receives every event. What it throws or rejects with is dropped, and it is never waited for. */
export type EventSink = (event: AuthEvent) => unknown

/** Sends an event on its way. */
export type Emit = (body: EventBody, source?: RequestSource) => void

/** Binds sink and clock; nothing the sink does reaches the caller. */
export const createEmit =
  (sink: EventSink, now: () => number): Emit =>
  (body, source) => {
    try {
      const [severity, result] = KINDS[body.type]
      const event = { ...source, ...body, id: randomId(), at: now(), severity, result } as AuthEvent
      // A thenable of any realm: an audit log that fails must not become an unhandled rejection.
      Promise.resolve(sink(event)).catch(() => undefined)
    } catch {
      // The audit log never decides about a request.
    }
  }
