/** A bound: how much of something a session can live through, which is shown from both sides. */

import { expect, it } from 'vitest'
import type { Observer } from './observers.js'
import { type Question, run, type Setting, stepsOf } from './row.js'
import { strict } from './rules.js'
import type { Rule } from './state.js'

/** A bound on what a thief and a victim can do on one session. The documents quote name, `most`, steps and states. */
export interface Bound {
  readonly name: string
  readonly observer: Observer
  /** What differs from one copy, one tab, and exchanges that take no time. */
  readonly setting: Partial<Setting>
  /** So often it is possible, and not once more. */
  readonly most: number
  /** Steps of the shortest way to `most`. */
  readonly steps: number
  /** How many states were visited to show that there is no more. */
  readonly states: number
  /** A rule by which there is more even where no answer is lost, and the steps of the shortest way there. */
  readonly broken: readonly [rule: Rule, steps: number]
}

/** Asks whether the session can live through so much of what is counted. */
const ask = ({ name, observer: { count, unit }, setting }: Bound, times: number): Question => ({
  name: `${name}, ${times} times`,
  setting: { tabs: 1, delay: 0, copies: 1, observe: count(times * unit), ...setting },
  sought: ({ live, memory }) => live && memory >= times * unit,
})

/** The line of a table in the documents that says what a bound has shown. */
export const lineOfBound = ({ name, most, steps, states }: Bound): string =>
  `| ${name} | ${most} | ${steps} | ${states} |`

/** Declares the tests of some bounds. */
export const testBounds = (bounds: readonly Bound[]): void => {
  for (const bound of bounds) {
    it(`${bound.name}: ${bound.most} times, and not once more`, () => {
      expect(stepsOf(run(ask(bound, bound.most)))).toBe(bound.steps)
      const more = run(ask(bound, bound.most + 1))
      expect([stepsOf(more), more.states]).toEqual(['none', bound.states])
    })

    it(`${bound.name}: more by a broken rule, less by strict rotation`, () => {
      const [rule, steps] = bound.broken
      const lossless = { ...bound, setting: { ...bound.setting, losses: 0 } }
      expect(stepsOf(run({ ...ask(lossless, bound.most + 1), rule }))).toBe(steps)
      expect(stepsOf(run({ ...ask(bound, bound.most), rule: strict }))).toBe('none')
    })
  }
}

/** Declares that another rule allows no less: the real one is no step back. */
export const testNotAbove = (bounds: readonly Bound[], rule: Rule): void => {
  for (const bound of bounds) {
    it(`${bound.name}: ${bound.most} times by the other rule as well`, () => {
      expect(stepsOf(run({ ...ask(bound, bound.most), rule }))).toBe(bound.steps)
    })
  }
}
