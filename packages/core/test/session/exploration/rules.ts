/** Other rules than the real one: those that came before it, and mutants of it. They prove that the exploration bites. */

import { decideRotation } from '../../../src/session/rotation.js'
import type { Rule } from './state.js'

/** The rule before: inside W the current token is given once more, without a write. */
export const repeating: Rule = (record, input) => {
  const decision = decideRotation(record, input)
  return decision.outcome === 'hold' ? { outcome: 'repeat', record } : decision
}

/** Half way: inside W only the previous token is held, the current one is given once more. */
export const holdingPrevious: Rule = (record, input) => {
  const decision = decideRotation(record, input)
  const current = decision.outcome === 'hold' && input.presented === record.generation
  return current ? { outcome: 'repeat', record } : decision
}

/** Literal single use, as `rotation: 'strict'`. */
export const strict: Rule = (record, input) => decideRotation(record, { ...input, strict: true })

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

/** Closes the window after a quarter of W. */
export const impatient: Rule = (record, input) =>
  decideRotation(record, { ...input, overlap: input.overlap / 4 })
