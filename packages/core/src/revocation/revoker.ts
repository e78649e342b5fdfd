/** Writes revocations: to the store, and then into this process's own copy, where they hold at once. */

import { MAX_LEEWAY, maxAccessTtl } from '../limits.js'
import type { BoundedStore } from '../store/bounded-store.js'
import type { RevocationTarget, Revoked } from '../store/token-store.js'
import type { Replica } from './replica.js'

/** How long a mark lasts, in milliseconds: longer than any access token that it can concern, whatever was configured where. */
export const markLife = (development: boolean): number => (maxAccessTtl(development) + 3 * MAX_LEEWAY) * 1000

/** Revokes. Resolves once it holds: here at once, everywhere else as soon as the feed is read. */
export type Revoke = (store: BoundedStore, target: RevocationTarget) => Promise<Revoked>

/**
 * Binds the copy of this process.
 *
 * @param tombstoneFor - for how long the id of a session that ends now must not come back, in milliseconds
 */
export const createRevoke =
  (replica: Pick<Replica, 'apply'>, markFor: number, tombstoneFor: () => number): Revoke =>
  async (store, target) => {
    const lasting = target.kind === 'session' ? Math.max(0, Math.ceil(tombstoneFor())) : 0
    const revoked = await store.revoke(target, { markFor, ...(lasting > 0 ? { tombstoneFor: lasting } : {}) })
    if (revoked.mark) replica.apply(revoked.mark)
    return revoked
  }
