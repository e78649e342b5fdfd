import type { TokenStore } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { fakeClock, modelStore, type StoreClause, storeContract, unmetNeeds } from '../src/index.js'
import { saboteurs } from './store-saboteurs/index.js'

/** What a clause says about a store. */
const complaintOf = (clause: StoreClause, open: (now: () => number) => TokenStore): Promise<unknown> => {
  const clock = fakeClock()
  return clause.run({ store: open(clock.now), advance: clock.advance }).then(
    () => null,
    (error: unknown) => error,
  )
}

describe('the contract bites', () => {
  test.each(saboteurs)('$clause: rejects a store where $name', async ({ clause: meant, open }) => {
    const clause = storeContract.find(({ name }) => name === meant)
    const complaint = clause && (await complaintOf(clause, open))
    expect(complaint).toBeInstanceOf(Error)
    // A saboteur that stumbles over itself proves nothing.
    expect(complaint).not.toBeInstanceOf(TypeError)
  })

  test('every clause rejects at least one saboteur', () => {
    const rejecting = new Set(saboteurs.map(({ clause }) => clause))
    expect(storeContract.map(({ name }) => name).filter((name) => !rejecting.has(name))).toEqual([])
  })

  test('names are unique and promises are sentences', () => {
    expect(new Set(storeContract.map(({ name }) => name)).size).toBe(storeContract.length)
    for (const { promise } of storeContract) expect(promise).toMatch(/^[A-Z0-9].*\.$/)
  })
})

describe('a store that lacks optional methods', () => {
  const { now } = fakeClock()
  const { marks, onMarks, document, putDocument, remember, ...bare } = modelStore(now)

  test('keeps every clause that needs none of them', async () => {
    const subject = { store: bare, advance: () => undefined }
    const runnable = storeContract.filter((clause) => unmetNeeds(clause, subject).length === 0)
    expect(runnable.length).toBeGreaterThan(storeContract.length / 2)
    for (const clause of runnable) {
      const clock = fakeClock()
      const {
        marks: _m,
        onMarks: _o,
        document: _d,
        putDocument: _p,
        remember: _r,
        ...store
      } = modelStore(clock.now)
      await clause.run({ store, advance: clock.advance })
    }
  })

  test('is told what a clause needs, before it runs and when it runs', async () => {
    const lacking = storeContract.map((clause) => unmetNeeds(clause, { store: bare }))
    expect([...new Set(lacking.flat())].sort()).toEqual(['clock', 'documents', 'feed', 'remember', 'wake'])
    for (const [at, clause] of storeContract.entries()) {
      const unmet = lacking[at] ?? []
      if (unmet.length === 0) continue
      await expect(clause.run({ store: bare })).rejects.toThrow(`lacks: ${unmet.join(', ')}`)
    }
  })
})
