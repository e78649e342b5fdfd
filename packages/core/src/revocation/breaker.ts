/** A circuit breaker: while the store fails, only one request in a while waits to find that out. */

import { AuthError } from '../errors.js'

/** Failures in a row after which the circuit opens. */
const THRESHOLD = 3
/** How long it stays open before one request may try again, in milliseconds. */
const OPEN_FOR = 500

/** Runs work, or refuses at once while the circuit is open. */
export type Breaker = <T>(work: () => Promise<T>) => Promise<T>

/** Creates a breaker. @param monotonic - a clock in milliseconds that is never set back */
export const createBreaker = (monotonic: () => number): Breaker => {
  let failures = 0
  let closedFrom = 0
  return async (work) => {
    const now = monotonic()
    if (failures >= THRESHOLD && now < closedFrom) {
      throw new AuthError('store_unavailable', 'The token store did not answer a moment ago.')
    }
    // Other requests that come while this one tries are still refused.
    closedFrom = now + OPEN_FOR
    try {
      const result = await work()
      failures = 0
      return result
    } catch (error) {
      failures += 1
      throw error
    }
  }
}
