/** What a clause of the store contract is, and what it may need of the store under test. */

import type { TokenStore } from '@auth/core'
import { expect } from '../expectations.js'
import { type Bench, benchOf, type StoreUnderTest } from './bench.js'

/**
 * What not every store under test has.
 *
 * | need | met by |
 * |---|---|
 * | `clock` | `advance` of the store under test |
 * | `feed` | the method `marks` |
 * | `wake` | the method `onMarks` |
 * | `documents` | the methods `document` and `putDocument` |
 * | `remember` | the method `remember` |
 */
export type StoreNeed = 'clock' | 'feed' | 'wake' | 'documents' | 'remember'

/** One promise of the port, as a program that fails where the promise is broken. */
export interface StoreClause {
  /** Stable and short, for test names. */
  readonly name: string
  /** The promise in one sentence. */
  readonly promise: string
  /** What a store under test must have for the clause to run; `unmetNeeds` says what it lacks. */
  readonly needs: readonly StoreNeed[]
  /** Rejects with a plain `Error` where the store breaks the promise, or lacks what the clause needs. */
  run(subject: StoreUnderTest): Promise<void>
}

type Check = (bench: Bench) => Promise<void>

const METHODS: Record<Exclude<StoreNeed, 'clock'>, readonly (keyof TokenStore)[]> = {
  feed: ['marks'],
  wake: ['onMarks'],
  documents: ['document', 'putDocument'],
  remember: ['remember'],
}

/**
 * What a clause needs and a store under test does not have; empty where the clause can run. A test runner gives it as
 * the reason for which it skips the clause.
 */
export const unmetNeeds = ({ needs }: Pick<StoreClause, 'needs'>, subject: StoreUnderTest): StoreNeed[] =>
  needs.filter((need) =>
    need === 'clock'
      ? subject.advance === undefined
      : METHODS[need].some((method) => subject.store[method] === undefined),
  )

/** Gives the function that writes down clauses with these needs. */
export const needing =
  (...needs: readonly StoreNeed[]) =>
  (name: string, promise: string, check: Check): StoreClause => ({
    name,
    promise,
    needs,
    run: async (subject) => {
      const unmet = unmetNeeds({ needs }, subject)
      expect(unmet.length === 0, `the store under test lacks: ${unmet.join(', ')}`)
      await check(benchOf(subject))
    },
  })

/** Writes a clause down that every store must keep. */
export const clause = needing()
/** Writes a clause down that lets time pass. */
export const timed = needing('clock')
/** Writes a clause down that reads the feed. */
export const fed = needing('feed')
