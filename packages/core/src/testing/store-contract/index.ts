/** The store contract: every promise of the `TokenStore` port, as data for any test runner. */

import type { StoreClause } from './clause.js'
import { expiryClauses } from './expiry.js'
import { feedClauses } from './feed.js'
import { revocationClauses } from './revocation.js'
import { sessionClauses } from './sessions.js'

export type { StoreClause, StoreUnderTest } from './clause.js'

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
  ...revocationClauses,
  ...feedClauses,
  ...expiryClauses,
]
