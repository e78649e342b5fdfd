/** Other rules than the real one: proofs that the exploration bites, and a proposal. */

import { decideRotation } from '../../src/session/rotation.js'
import type { Rule } from './world.js'

/** Forgives the parent for ever, as counters and long grace windows do: nothing is ever orphaned. */
export const alwaysParent: Rule = (record, input) =>
  input.presented === record.previous ? { outcome: 'repeat', record } : decideRotation(record, input)

/** Takes a parent that comes late for theft: no RECOVER. */
export const neverRecover: Rule = (record, input) => {
  const decision = decideRotation(record, input)
  return decision.outcome === 'recover' ? { outcome: 'reused', cause: 'spent_token' } : decision
}

/** Takes a token from the future for theft: no REPAIR. */
export const neverRepair: Rule = (record, input) => {
  const decision = decideRotation(record, input)
  return decision.outcome === 'repair' ? { outcome: 'reused', cause: 'spent_token' } : decision
}

/**
 * A proposal: inside W the previous token is answered with an access token alone, the refresh token is left as it is.
 * No answer that is still under way can then bring a token that is orphaned before it arrives.
 */
export const hold: Rule = (record, input) => {
  const decision = decideRotation(record, input)
  const late = decision.outcome === 'repeat' && input.presented === record.previous
  return late ? { outcome: 'hold' } : decision
}
