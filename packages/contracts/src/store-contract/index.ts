/** The store contract: every promise of the `TokenStore` port, as data for any test runner. */

import type { StoreClause } from './clause.js'
import { documentClauses } from './documents.js'
import { expiryClauses } from './expiry.js'
import { feedClauses } from './feed.js'
import { insertionClauses } from './insertion.js'
import { oneTimeClauses } from './one-time-ids.js'
import { revocationClauses } from './revocation.js'
import { sessionClauses } from './sessions.js'
import { valueClauses } from './stored-values.js'
import { subjectRevocationClauses } from './subject-revocation.js'
import { takeoverClauses } from './takeover.js'
import { tombstoneClauses } from './tombstones.js'
import { wakeClauses } from './wake-up.js'

export type { StoreUnderTest } from './bench.js'
export { type StoreClause, type StoreNeed, unmetNeeds } from './clause.js'

/**
 * Every promise of the port as a named clause. Run them all against a new store:
 *
 * @example
 * for (const clause of storeContract) {
 *   test(clause.name, () => {
 *     const clock = fakeClock()
 *     return clause.run({ store: myStore({ now: clock.now }), advance: clock.advance })
 *   })
 * }
 */
export const storeContract: readonly StoreClause[] = [
  ...sessionClauses,
  ...valueClauses,
  ...insertionClauses,
  ...revocationClauses,
  ...subjectRevocationClauses,
  ...takeoverClauses,
  ...tombstoneClauses,
  ...feedClauses,
  ...expiryClauses,
  ...documentClauses,
  ...oneTimeClauses,
  ...wakeClauses,
]
