/** A row of the exploration: what is explored, what has to come out, and by which broken rule it does not. */

import { expect, it } from 'vitest'
import { decideRotation } from '../../../src/session/rotation.js'
import { type Exploration, explore } from './explorer.js'
import type { Rule, World, WorldOptions } from './state.js'
import { worldModel } from './world.js'

/** Steps of the shortest way to what is sought; `none` where every state was visited and it is in none. */
export type Steps = number | 'none'

/** What can happen in the world of a row. */
export type Setting = Omit<WorldOptions, 'rule'>

/** What is sought in which world. */
export interface Question {
  readonly name: string
  readonly setting: Setting
  /** Default: the real rule. */
  readonly rule?: Rule
  /** Default: a session that has ended. */
  readonly sought?: (world: World) => boolean
}

/** One row. The documents quote its name, its states and what came out. */
export interface Row extends Question {
  readonly steps: Steps
  /** How many states were visited. */
  readonly states: number
  /** What the last step says. */
  readonly ends?: string
  /** A rule by which the row comes out differently, and how. */
  readonly broken: readonly [rule: Rule, steps: Steps]
}

/** More states than this are taken for a world without an end. */
const MAX_STATES = 5_000_000

/** Explores what a row says. `EXPLORATION=1` prints the traces. */
export const run = ({
  name,
  setting,
  rule = decideRotation,
  sought = ({ live }) => !live,
}: Question): Exploration => {
  const found = explore(worldModel({ ...setting, rule }), sought, { maxStates: MAX_STATES })
  if (process.env.EXPLORATION) {
    console.log([`${name}: ${found.states} states, ${stepsOf(found)}`, ...(found.trace ?? [])].join('\n  '))
  }
  return found
}

/** What came out; `unknown` where the world was not visited to its end. */
export const stepsOf = ({ trace, complete }: Exploration): Steps | 'unknown' =>
  trace ? trace.length : complete ? 'none' : 'unknown'

/** The line of a table in the documents that says what a row has shown. */
export const lineOf = ({ name, steps, states }: Row): string =>
  `| ${name} | ${states} | ${steps === 'none' ? 'none' : `${steps} steps`} |`

/** Declares the tests of some rows. */
export const testRows = (rows: readonly Row[]): void => {
  for (const row of rows) {
    it(`${row.name}: ${row.steps}`, () => {
      const found = run(row)
      expect([stepsOf(found), found.states]).toEqual([row.steps, row.states])
      expect(found.trace?.at(-1) ?? '').toContain(row.ends ?? '')
    })

    it(`${row.name}: comes out differently by a broken rule`, () => {
      const [rule, steps] = row.broken
      expect(steps).not.toBe(row.steps)
      expect(stepsOf(run({ ...row, rule }))).toBe(steps)
    })
  }
}
