/** Report: puts what only the application sees, a failed password for instance, into the same audit log. */

import type { Emit } from '../audit/emit.js'
import type { RequestSource } from '../audit/event.js'
import { type Check, isAnything, must, oneOf, readInput } from '../checks.js'
import { isIdentifier, MAX_EXCERPT } from '../limits.js'

/** What an application may report. */
export interface Report {
  readonly type: 'login_failed'
  /** The user id, where the application knows whose login failed. */
  readonly subject?: string | undefined
  /** What was typed as user name, where it belongs into the log; cut to 256 characters. Never a password. */
  readonly identifier?: string | undefined
  /** The application's own name of the reason; cut to 256 characters. */
  readonly reason?: string | undefined
  /** Where the request came from. */
  readonly source?: RequestSource | undefined
}

const excerpt = must('a string', (value) => typeof value === 'string')

const CHECKS: Readonly<Record<keyof Report, Check>> = {
  type: oneOf('login_failed'),
  subject: must('a string of 1 to 255 characters', isIdentifier),
  identifier: excerpt,
  reason: excerpt,
  source: isAnything,
}

/** Binds the log. @throws AuthError `invalid_argument` */
export const createReport =
  (emit: Emit) =>
  (given: Report): void => {
    const { source, subject, identifier, reason } = readInput<Report>('report', given, CHECKS)
    emit(
      {
        type: 'login_failed',
        ...(subject === undefined ? {} : { subject }),
        ...(identifier === undefined ? {} : { identifier: identifier.slice(0, MAX_EXCERPT) }),
        ...(reason === undefined ? {} : { reason: reason.slice(0, MAX_EXCERPT) }),
      },
      source,
    )
  }
