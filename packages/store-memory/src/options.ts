/** What `memoryStore` can be told. */

import { AuthError } from '@auth/core'

/** Options of `memoryStore`. */
export interface MemoryStoreOptions {
  /**
   * How many sessions are held at most. Revocations have as much room again. What does not fit is refused with
   * `store_unavailable`: nothing that lives is ever dropped. A session that lives can always be ended, and a hundredth of
   * `maxEntries`, 20 at least, is what one subject can use for revocations: more logins of it are refused as `full` until
   * some have ended. Default: 100000, some 160 MB.
   */
  readonly maxEntries?: number | undefined
  /** The clock, in milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** Options with their defaults. */
export interface MemoryStoreSettings {
  readonly maxEntries: number
  readonly now: () => number
}

/** Checks options and fills in the defaults. @throws AuthError `invalid_options` */
export const optionsFrom = (options: MemoryStoreOptions): MemoryStoreSettings => {
  const { maxEntries = 100_000, now = Date.now, ...unknown } = options
  const problems = Object.keys(unknown).map((name) => `${name} is not an option; there are maxEntries, now`)
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1)
    problems.push('maxEntries must be a whole number above 0')
  if (typeof now !== 'function') problems.push('now must be a function')
  if (problems.length > 0)
    throw new AuthError('invalid_options', `memoryStore cannot work: ${problems.join('; ')}`)
  return { maxEntries, now }
}
