/** What an observer of the small world counts: the ways in which a thief and a victim live on one session. */

import type { Use } from './state.js'

/** Counts in `unit`s up to a cap, which keeps the world finite. */
export interface Observer {
  /** How much one time of what is counted adds: 2 where it takes one of each party. */
  readonly unit: 1 | 2
  count(cap: number): (memory: number, use: Use) => number
}

const isWrite = ({ outcome }: Use): boolean => outcome !== 'hold' && outcome !== 'repeat'

/** How often in a row victim and thief took turns more than W apart; a turn inside W starts anew. */
export const turns: Observer = {
  unit: 1,
  count:
    (cap) =>
    (memory, { party, before }) => {
      if (!before || before.party === party) return memory
      return before.apart ? Math.min(cap, memory + 1) : 0
    },
}

/** Rotations by the victim, each followed by the thief inside W. Odd while the thief has not come yet. */
export const riding: Observer = {
  unit: 2,
  count: (cap) => (memory, use) => {
    const due = memory % 2 === 1
    if (use.party === 'victim') return isWrite(use) && !due ? Math.min(cap, memory + 1) : memory
    if (use.before?.party === 'victim' && use.before.apart) return 0
    return due ? Math.min(cap, memory + 1) : memory
  },
}

/** Rotations by the thief, each followed by the victim inside W. Odd while the victim has not come yet. */
export const leading: Observer = {
  unit: 2,
  count: (cap) => (memory, use) => {
    const due = memory % 2 === 1
    if (use.party === 'thief') return isWrite(use) && !due ? Math.min(cap, memory + 1) : memory
    if (isWrite(use) || use.before?.apart) return 0
    return due ? Math.min(cap, memory + 1) : memory
  },
}

/** Rotations by either, each followed by the other at any time. Odd while the other has not come yet. */
export const handovers: Observer = {
  unit: 2,
  count: (cap) => (memory, use) => {
    const due = memory % 2 === 1
    const answered = due && use.before?.party !== use.party ? memory + 1 : memory
    return Math.min(cap, isWrite(use) && answered % 2 === 0 ? answered + 1 : answered)
  },
}

/** What a thief wrote since the victim was last seen, if it began with a token already spent. */
export const alone: Observer = {
  unit: 1,
  count:
    (cap) =>
    (memory, { party, outcome, before }) => {
      if (party === 'victim') return 0
      if (memory === 0) return outcome === 'recover' && before?.party === 'victim' && before.apart ? 1 : 0
      return outcome === 'advance' ? Math.min(cap, memory + 1) : memory
    },
}
