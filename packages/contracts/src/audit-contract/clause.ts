/** What a clause of the audit contract is. */

import { type AuditBench, type AuditLogUnderTest, auditBenchOf } from './bench.js'

/** One promise of the port, as a program that fails where the promise is broken. */
export interface AuditClause {
  /** Stable and short, for test names. */
  readonly name: string
  /** The promise in one sentence. */
  readonly promise: string
  /** Rejects with a plain `Error` where the log breaks the promise. It may close the log. */
  run(subject: AuditLogUnderTest): Promise<void>
}

/** Writes a clause down. */
export const auditClause = (
  name: string,
  promise: string,
  check: (bench: AuditBench) => Promise<void>,
): AuditClause => ({ name, promise, run: (subject) => check(auditBenchOf(subject)) })
