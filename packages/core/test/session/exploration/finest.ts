/** Rows and bounds on the finest grids and in the largest worlds: `npm run explore`. */

import type { Bound } from './bound.js'
import { handovers, leading, riding } from './observers.js'
import type { Row } from './row.js'
import { holdingPrevious, neverRecover, neverRepair, repeating } from './rules.js'
import { ANSWERS_LOST, client } from './sessions.js'

const compared = { storage: 'compare-and-set' } as const

/** No session is lost. */
export const FINEST: readonly Row[] = [
  {
    name: 'two tabs, 48/24',
    setting: client(2, 48, 24),
    steps: 'none',
    states: 89599,
    broken: [repeating, 111],
  },
  {
    name: 'two tabs, 24/12, lost answers',
    setting: client(2, 24, 12, ANSWERS_LOST),
    steps: 'none',
    states: 196542,
    broken: [repeating, 36],
  },
  {
    name: 'two tabs, 32/16, lost answers',
    setting: client(2, 32, 16, ANSWERS_LOST),
    steps: 'none',
    states: 426240,
    broken: [repeating, 44],
  },
  {
    name: 'three tabs, 24/12',
    setting: client(3, 24, 12),
    steps: 'none',
    states: 168063,
    broken: [holdingPrevious, 63],
  },
  {
    name: 'three tabs, 16/8, lost answers',
    setting: client(3, 16, 8, ANSWERS_LOST),
    steps: 'none',
    states: 576135,
    broken: [repeating, 28],
  },
  {
    name: 'three tabs, 16/8, one lost write',
    setting: client(3, 16, 8, { failovers: 1 }),
    steps: 'none',
    states: 126334,
    broken: [repeating, 32],
  },
  {
    name: 'four tabs, 8/4, lost answers',
    setting: client(4, 8, 4, ANSWERS_LOST),
    steps: 'none',
    states: 273339,
    broken: [repeating, 20],
  },
  {
    name: 'four tabs, 8/4, one lost write',
    setting: client(4, 8, 4, { failovers: 1 }),
    steps: 'none',
    states: 66719,
    broken: [repeating, 24],
  },
  {
    name: 'bearer, two at once, compare-and-set, 24/12, lost answers',
    setting: client(2, 24, 12, { ...compared, ...ANSWERS_LOST }),
    steps: 'none',
    states: 219357,
    broken: [neverRecover, 7],
  },
  {
    name: 'bearer, three at once, compare-and-set, 8/4, lost answers',
    setting: client(3, 8, 4, { ...compared, ...ANSWERS_LOST }),
    steps: 'none',
    states: 83727,
    broken: [neverRecover, 7],
  },
  {
    name: 'bearer, three at once, compare-and-set, 8/4, one lost write',
    setting: client(3, 8, 4, { ...compared, failovers: 1 }),
    steps: 'none',
    states: 19993,
    broken: [neverRepair, 7],
  },
]

const losses = Number.POSITIVE_INFINITY

/** Thieves with more copies, more faults, or exchanges that take time. */
export const FINEST_BOUNDS: readonly Bound[] = [
  {
    name: 'the thief rides inside W, newest token only, lost answers',
    observer: riding,
    setting: { losses, thief: 'newest' },
    most: 11,
    steps: 55,
    states: 43329,
    broken: [repeating, 60],
  },
  {
    name: 'the thief leads, any token, lost answers',
    observer: leading,
    setting: { losses },
    most: 10,
    steps: 50,
    states: 483248,
    broken: [repeating, 55],
  },
  {
    name: 'handovers of any kind, any token, lost answers',
    observer: handovers,
    setting: { losses },
    most: 11,
    steps: 35,
    states: 2604504,
    broken: [repeating, 42],
  },
  {
    name: 'handovers of any kind, any token, exchanges of 6/3',
    observer: handovers,
    setting: { window: 6, delay: 3 },
    most: 11,
    steps: 51,
    states: 299420,
    broken: [repeating, 42],
  },
  {
    name: 'handovers of any kind, any token, one lost write',
    observer: handovers,
    setting: { failovers: 1 },
    most: 22,
    steps: 98,
    states: 234466,
    broken: [repeating, 79],
  },
  {
    name: 'handovers of any kind, any token, two copies',
    observer: handovers,
    setting: { copies: 2 },
    most: 22,
    steps: 103,
    states: 124883,
    broken: [repeating, 81],
  },
]
