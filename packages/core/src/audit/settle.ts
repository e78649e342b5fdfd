/** The edge of every verb: the one place where a verdict is entered into the log, and where what was thrown gets a type. */

import { AuthError, excerptOf, isAuthError } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import { errorOf, isRefusal, type Outcome, type Settled } from '../outcome.js'
import type { Emit } from './emit.js'
import type { RequestSource } from './event.js'

/** Says where a request came from; asked only where there is something to report. */
export type SourceOf = () => RequestSource | undefined

/** Runs a verb. Never throws and never rejects. */
export type Settle = <T>(work: () => MaybePromise<Outcome<T>>, source: SourceOf) => MaybePromise<Settled<T>>

const typed = (cause: unknown): AuthError =>
  isAuthError(cause) ? cause : new AuthError('internal_error', 'Something failed that should not.', { cause })

/** Binds the log. */
export const createSettle = (emit: Emit): Settle => {
  const report = (error: AuthError, source: SourceOf): void => {
    const { code, reason, about, hint, status } = error
    if (status === 500)
      emit({ type: 'server_fault', code, message: excerptOf(error.cause ?? error) }, source())
    else if (reason)
      emit({ type: 'request_rejected', reason, ...about, ...(hint === undefined ? {} : { hint }) }, source())
  }
  const failed = (cause: unknown, source: SourceOf) => {
    const error = typed(cause)
    report(error, source)
    return { value: null, error }
  }
  return <T>(work: () => MaybePromise<Outcome<T>>, source: SourceOf) => {
    const judged = (outcome: Outcome<T>): Settled<T> =>
      isRefusal(outcome) ? failed(errorOf(outcome), source) : { value: outcome.accepted, error: null }
    try {
      const outcome = work()
      return outcome instanceof Promise
        ? outcome.then(judged, (cause: unknown) => failed(cause, source))
        : judged(outcome)
    } catch (cause) {
      return failed(cause, source)
    }
  }
}
