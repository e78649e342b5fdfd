import { describe, expect, test } from 'vitest'
import type { TokenStore } from '../../src/index.js'
import { fakeClock, modelStore, type StoreClause, storeContract } from '../../src/testing/index.js'
import { saboteurs } from './store-saboteurs.js'

const fails = async (clause: StoreClause, open: (now: () => number) => TokenStore) => {
  const clock = fakeClock()
  return clause.run({ store: open(clock.now), advance: clock.advance }).then(
    () => false,
    (error: unknown) => error instanceof Error,
  )
}

const failing = async (open: (now: () => number) => TokenStore): Promise<string[]> => {
  const results = await Promise.all(
    storeContract.map(async (clause) => ((await fails(clause, open)) ? clause.name : [])),
  )
  return results.flat()
}

describe('the contract bites', () => {
  test('the model keeps every clause', async () => {
    expect(await failing(modelStore)).toEqual([])
  })

  test.each(saboteurs)('a store where $name is rejected', async ({ open }) => {
    expect(await failing(open)).not.toEqual([])
  })

  test('every clause rejects at least one saboteur', async () => {
    const caught = new Set((await Promise.all(saboteurs.map(({ open }) => failing(open)))).flat())
    expect(storeContract.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([])
  })

  test('names are unique and promises are sentences', () => {
    expect(new Set(storeContract.map(({ name }) => name)).size).toBe(storeContract.length)
    for (const { promise } of storeContract) expect(promise).toMatch(/^[A-Z].*\.$/)
  })
})
