/** Rows and bounds with a thief who copies the client's storage. */

import type { Bound } from './bound.js'
import { alone, handovers, leading, riding, turns } from './observers.js'
import type { Row, Setting } from './row.js'
import { alwaysParent, neverRecover, repeating } from './rules.js'

const newest: Partial<Setting> = { thief: 'newest' }
/** Any number of lost answers, up to three RECOVERs in a row. */
const lossy: Partial<Setting> = { losses: Number.POSITIVE_INFINITY, recoveries: 3 }

/** Thief and victim come more than W apart. */
export const TURNS: readonly Bound[] = [
  {
    name: 'turns, newest token only',
    observer: turns,
    setting: newest,
    most: 2,
    steps: 8,
    states: 632,
    broken: [alwaysParent, 11],
  },
  {
    name: 'turns, any token',
    observer: turns,
    setting: {},
    most: 3,
    steps: 12,
    states: 12452,
    broken: [alwaysParent, 14],
  },
  {
    name: 'turns, newest token only, lost answers',
    observer: turns,
    setting: { ...newest, ...lossy },
    most: 3,
    steps: 11,
    states: 4672,
    broken: [alwaysParent, 14],
  },
  {
    name: 'turns, any token, lost answers',
    observer: turns,
    setting: lossy,
    most: 4,
    steps: 14,
    states: 11503,
    broken: [alwaysParent, 17],
  },
  {
    name: 'turns, newest token only, one lost write',
    observer: turns,
    setting: { ...newest, failovers: 1 },
    most: 5,
    steps: 18,
    states: 3131,
    broken: [alwaysParent, 20],
  },
  {
    name: 'turns, any token, one lost write',
    observer: turns,
    setting: { failovers: 1 },
    most: 7,
    steps: 25,
    states: 97738,
    broken: [alwaysParent, 26],
  },
]

/** One of the two keeps within W of the other, or they mix everything. */
export const CLOSE: readonly Bound[] = [
  {
    name: 'the thief rides inside W, one copy',
    observer: riding,
    setting: {},
    most: 2,
    steps: 10,
    states: 11745,
    broken: [repeating, 15],
  },
  {
    name: 'the thief rides inside W, two copies',
    observer: riding,
    setting: { copies: 2 },
    most: 4,
    steps: 21,
    states: 41771,
    broken: [repeating, 25],
  },
  {
    name: 'the thief leads, newest token only',
    observer: leading,
    setting: newest,
    most: 1,
    steps: 5,
    states: 353,
    broken: [repeating, 10],
  },
  {
    name: 'the thief leads, any token',
    observer: leading,
    setting: {},
    most: 10,
    steps: 50,
    states: 14547,
    broken: [repeating, 55],
  },
  {
    name: 'handovers of any kind, newest token only',
    observer: handovers,
    setting: newest,
    most: 2,
    steps: 9,
    states: 769,
    broken: [repeating, 14],
  },
  {
    name: 'handovers of any kind, any token',
    observer: handovers,
    setting: {},
    most: 11,
    steps: 51,
    states: 28815,
    broken: [repeating, 42],
  },
]

const thief = { tabs: 1, delay: 0, copies: 1 } as const

/** What ends, and what does not. */
export const THIEVES: readonly Row[] = [
  {
    name: 'the thief leads with the token that he copied, ten times',
    setting: { ...thief, thief: 'copied', observe: leading.count(20) },
    sought: ({ live, memory }) => !live && memory === 20,
    steps: 53,
    states: 5380,
    ends: 'REUSED (too_many_recoveries)',
    broken: [repeating, 'none'],
  },
  {
    name: 'the thief holds the token just spent, and the victim stays away',
    setting: { ...thief, observe: alone.count(4) },
    sought: ({ live, memory }) => live && memory === 4,
    steps: 13,
    states: 1132,
    ends: 'advance',
    broken: [neverRecover, 'none'],
  },
  {
    name: 'the store loses the write that ended the session',
    setting: { ...thief, failovers: 1 },
    sought: ({ live, revived }) => live && revived,
    steps: 7,
    states: 298,
    ends: 'the store loses its last write',
    broken: [neverRecover, 6],
  },
]
