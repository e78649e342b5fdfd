/** Rows without a thief: when a session is lost, and when it is not. */

import type { Row, Setting } from './row.js'
import { holdingPrevious, impatient, neverRecover, neverRepair, repeating } from './rules.js'

/** Any number of lost answers, with one RECOVER in a row less than what is taken for theft. */
export const ANSWERS_LOST = { losses: Number.POSITIVE_INFINITY, recoveries: 8 } as const

/** A client whose tabs share cookies, or other storage. */
export const client = (
  tabs: number,
  window: number,
  delay: number,
  more: Partial<Setting> = {},
): Setting => ({
  tabs,
  window,
  delay,
  ...more,
})

const STORED = { storage: 'bearer' } as const
const COMPARED = { storage: 'compare-and-set' } as const

/** Exchanges take up to W/2, or come one at a time. */
export const KEPT: readonly Row[] = [
  {
    name: 'one exchange at a time, 8/8, lost answers, one lost write',
    setting: client(1, 8, 8, { ...ANSWERS_LOST, failovers: 1 }),
    steps: 'none',
    states: 7757,
    broken: [neverRepair, 7],
  },
  {
    name: 'two tabs, 24/12',
    setting: client(2, 24, 12),
    steps: 'none',
    states: 13415,
    broken: [repeating, 63],
  },
  {
    name: 'two tabs, 12/6, lost answers',
    setting: client(2, 12, 6, ANSWERS_LOST),
    steps: 'none',
    states: 34065,
    broken: [holdingPrevious, 39],
  },
  {
    name: 'two tabs, 24/12, one lost write',
    setting: client(2, 24, 12, { failovers: 1 }),
    steps: 'none',
    states: 38738,
    broken: [repeating, 40],
  },
  {
    name: 'three tabs, 8/4, lost answers',
    setting: client(3, 8, 4, ANSWERS_LOST),
    steps: 'none',
    states: 68877,
    broken: [holdingPrevious, 31],
  },
  {
    name: 'three tabs, 8/1, one lost write',
    setting: client(3, 8, 1, { failovers: 1 }),
    steps: 'none',
    states: 1412,
    broken: [holdingPrevious, 24],
  },
  {
    name: 'three tabs, 8/4, one lost write',
    setting: client(3, 8, 4, { failovers: 1 }),
    steps: 'none',
    states: 15458,
    broken: [holdingPrevious, 24],
  },
]

/** What is left. */
export const LOST: readonly Row[] = [
  {
    name: 'two tabs, 24/13',
    setting: client(2, 24, 13),
    steps: 33,
    states: 15888,
    ends: 'REUSED (spent_token)',
    broken: [neverRecover, 31],
  },
  {
    name: 'three tabs, 8/5',
    setting: client(3, 8, 5),
    steps: 17,
    states: 8880,
    ends: 'REUSED (spent_token)',
    broken: [neverRecover, 15],
  },
  {
    name: 'ten answers lost in a row',
    setting: client(1, 2, 0, { losses: Number.POSITIVE_INFINITY }),
    steps: 43,
    states: 231,
    ends: 'REUSED (too_many_recoveries)',
    broken: [neverRecover, 7],
  },
  {
    name: 'two tabs, 2/0, one lost answer and one lost write',
    setting: client(2, 2, 0, { losses: 1, failovers: 1 }),
    steps: 13,
    states: 284,
    ends: 'REUSED (spent_token)',
    broken: [neverRecover, 7],
  },
]

/** Clients that store what stands in `refresh_token`. */
export const BEARER: readonly Row[] = [
  {
    name: 'bearer, one refresh at a time, 8/20, lost answers, one lost write',
    setting: client(1, 8, 20, { ...STORED, ...ANSWERS_LOST, failovers: 1 }),
    steps: 'none',
    states: 12668,
    broken: [neverRecover, 7],
  },
  {
    name: 'bearer, two at once, compare-and-set, 24/12',
    setting: client(2, 24, 12, COMPARED),
    steps: 'none',
    states: 15950,
    broken: [impatient, 15],
  },
  {
    name: 'bearer, two at once, compare-and-set, 12/6, lost answers',
    setting: client(2, 12, 6, { ...COMPARED, ...ANSWERS_LOST }),
    steps: 'none',
    states: 38034,
    broken: [neverRecover, 7],
  },
  {
    name: 'bearer, two at once, compare-and-set, 24/12, one lost write',
    setting: client(2, 24, 12, { ...COMPARED, failovers: 1 }),
    steps: 'none',
    states: 45368,
    broken: [neverRepair, 7],
  },
  {
    name: 'bearer, two at once, stored as they come, 16/1',
    setting: client(2, 16, 1, STORED),
    steps: 70,
    states: 7343,
    ends: 'REUSED (spent_token)',
    broken: [repeating, 47],
  },
  {
    name: 'bearer, two at once, stored as they come, 32/1',
    setting: client(2, 32, 1, STORED),
    steps: 73,
    states: 10823,
    ends: 'REUSED (too_many_recoveries)',
    broken: [repeating, 79],
  },
]
