/** The HTTP contract: every promise of the library over HTTP, as data for any framework and any test runner. */

import type { HttpClause } from './clause.js'
import { credentialClauses } from './credentials.js'
import { crossSiteClauses } from './cross-site.js'
import { faultClauses } from './faults.js'
import { guardClauses } from './guard.js'
import { keySetClauses } from './key-set.js'
import { lateHeaderClauses } from './late-headers.js'
import { overlapClauses } from './overlap.js'
import { publicPageClauses } from './public-pages.js'
import { refreshClauses } from './refresh.js'
import { signInClauses } from './sign-in.js'
import { signOutClauses } from './sign-out.js'
import { transportClauses } from './transport.js'

export type { HttpClause } from './clause.js'
export type { BrowserJar, ContractServer, HttpUnderTest } from './scene.js'

/**
 * Every promise over HTTP as a named clause, for authors of adapters. `start` builds the application that
 * `docs/http-contract.md` describes.
 *
 * @example
 * for (const clause of httpContract) {
 *   test(clause.name, () => clause.run({ start, jar }))
 * }
 */
export const httpContract: readonly HttpClause[] = [
  ...signInClauses,
  ...refreshClauses,
  ...overlapClauses,
  ...transportClauses,
  ...signOutClauses,
  ...guardClauses,
  ...crossSiteClauses,
  ...faultClauses,
  ...credentialClauses,
  ...publicPageClauses,
  ...lateHeaderClauses,
  ...keySetClauses,
]
