/** What a saboteur is: the model store with one promise broken, and the words in which it is written. */

import type { Insertion, SessionCap, SessionRecord, TokenStore } from '@auth/core'
import type { ModelStore } from '../../src/index.js'

/** Gives the methods that break the promise; all others are the model's. */
export type Sabotage = (inner: ModelStore, now: () => number) => Partial<TokenStore>

/** By the name of the clause that must reject them: saboteurs by what is wrong with them. */
export type Saboteurs = Record<string, Record<string, Sabotage>>

/** A cap that stops no saboteur. */
export const ROOMY: SessionCap = { max: 10_000, whenFull: 'deny', markFor: 3_600_000 }

export const INSERTED: Insertion = { outcome: 'inserted', evicted: [] }

export const refusedAs = (outcome: Exclude<Insertion['outcome'], 'inserted'>): Insertion => ({
  outcome,
  evicted: [],
})

/** Whether a record was inserted. */
export const isInserted = async (inner: ModelStore, record: SessionRecord): Promise<boolean> =>
  (await inner.insert(record, ROOMY)).outcome === 'inserted'

/** Lets other calls that are under way go on. */
export const pause = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}
