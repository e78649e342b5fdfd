/** Rows by other rules: what each part of the real one is for. */

import { decideRotation } from '../../../src/session/rotation.js'
import { turns } from './observers.js'
import type { Row } from './row.js'
import { alwaysParent, holdingPrevious, neverRecover, neverRepair, repeating, strict } from './rules.js'
import { ANSWERS_LOST, client } from './sessions.js'

/** Inside W the current token is given once more. */
const REPEATING: readonly Row[] = [
  {
    name: 'repeat both, two tabs, 8/4',
    rule: repeating,
    setting: client(2, 8, 4),
    steps: 31,
    states: 2728,
    broken: [decideRotation, 'none'],
  },
  {
    name: 'repeat both, two tabs, 8/1, lost answers',
    rule: repeating,
    setting: client(2, 8, 1, ANSWERS_LOST),
    steps: 20,
    states: 1099,
    broken: [decideRotation, 'none'],
  },
  {
    name: 'repeat both, three tabs, 8/1, one lost write',
    rule: repeating,
    setting: client(3, 8, 1, { failovers: 1 }),
    steps: 24,
    states: 2338,
    broken: [decideRotation, 'none'],
  },
  {
    name: 'repeat both, two tabs, 2/0, one lost answer and one lost write',
    rule: repeating,
    setting: client(2, 2, 0, { losses: 1, failovers: 1 }),
    steps: 13,
    states: 272,
    broken: [neverRecover, 7],
  },
]

/** Inside W only the current token is given once more, the previous one is held. */
const HALF: readonly Row[] = [
  {
    name: 'repeat the current, two tabs, 24/9',
    rule: holdingPrevious,
    setting: client(2, 24, 9),
    steps: 63,
    states: 27219,
    broken: [decideRotation, 'none'],
  },
  {
    name: 'repeat the current, two tabs, 12/4, lost answers',
    rule: holdingPrevious,
    setting: client(2, 12, 4, ANSWERS_LOST),
    steps: 'none',
    states: 20404,
    broken: [repeating, 24],
  },
  {
    name: 'repeat the current, three tabs, 8/1, one lost write',
    rule: holdingPrevious,
    setting: client(3, 8, 1, { failovers: 1 }),
    steps: 24,
    states: 2798,
    broken: [decideRotation, 'none'],
  },
  {
    name: 'repeat the current, two tabs, 2/0, one lost answer and one lost write',
    rule: holdingPrevious,
    setting: client(2, 2, 0, { losses: 1, failovers: 1 }),
    steps: 13,
    states: 297,
    broken: [neverRecover, 7],
  },
]

/** A part is missing, or there is no limit. */
const CRIPPLED: readonly Row[] = [
  {
    name: 'strict, two tabs, 2/0',
    rule: strict,
    setting: client(2, 2, 0),
    steps: 4,
    states: 18,
    broken: [decideRotation, 'none'],
  },
  {
    name: 'strict, one tab, 2/0, one lost answer',
    rule: strict,
    setting: client(1, 2, 0, { losses: 1 }),
    steps: 5,
    states: 17,
    broken: [decideRotation, 'none'],
  },
  {
    name: 'no RECOVER, one tab, 2/0, one lost answer',
    rule: neverRecover,
    setting: client(1, 2, 0, { losses: 1 }),
    steps: 7,
    states: 36,
    broken: [decideRotation, 'none'],
  },
  {
    name: 'no REPAIR, one tab, 2/0, one lost write',
    rule: neverRepair,
    setting: client(1, 2, 0, { failovers: 1 }),
    steps: 7,
    states: 27,
    broken: [decideRotation, 'none'],
  },
  {
    name: 'the parent always accepted, twelve turns of a thief',
    rule: alwaysParent,
    setting: { tabs: 1, delay: 0, copies: 1, thief: 'newest', observe: turns.count(12) },
    sought: ({ live, memory }) => live && memory === 12,
    steps: 38,
    states: 1437,
    broken: [decideRotation, 'none'],
  },
]

/** All of them. */
export const COMPARISON: readonly Row[] = [...REPEATING, ...HALF, ...CRIPPLED]
