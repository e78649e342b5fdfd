/** The audit contract: every promise of the `AuditLog` port, as data for any test runner. */

import { appendingClauses } from './appending.js'
import type { AuditClause } from './clause.js'
import { readingClauses } from './reading.js'
import { upkeepClauses } from './upkeep.js'

export type { AuditLogUnderTest } from './bench.js'
export type { AuditClause } from './clause.js'

/**
 * Every promise of the port as a named clause. Run each of them against an empty log of your own:
 *
 * @example
 * for (const clause of auditContract) {
 *   test(clause.name, async () => clause.run({ log: myLog(), other: myLog() }))
 * }
 */
export const auditContract: readonly AuditClause[] = [
  ...appendingClauses,
  ...readingClauses,
  ...upkeepClauses,
]
