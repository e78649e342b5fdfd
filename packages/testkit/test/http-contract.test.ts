import { type HttpClause, httpContract } from '@auth/contracts'
import { describe, expect, test } from 'vitest'
import { inProcess } from '../../hono/test/contract-app.js'
import { browserJar } from '../src/index.js'
import { saboteurs } from './http-saboteurs.js'

type Start = typeof inProcess

const fails = (clause: HttpClause, start: Start): Promise<boolean> =>
  clause.run({ start, jar: browserJar }).then(
    () => false,
    () => true,
  )

const failing = async (start: Start): Promise<string[]> => {
  const results = await Promise.all(
    httpContract.map(async (clause) => ((await fails(clause, start)) ? clause.name : [])),
  )
  return results.flat()
}

/** What each saboteur fails, found once. */
const failures = new Map<string, Promise<string[]>>()
const failuresOf = (name: string): Promise<string[]> => {
  const found = failures.get(name) ?? failing((saboteurs[name] as (start: Start) => Start)(inProcess))
  failures.set(name, found)
  return found
}

describe('the HTTP contract bites', () => {
  test('an honest adapter keeps every clause', async () => {
    expect(await failing(inProcess)).toEqual([])
  })

  test.each(Object.keys(saboteurs))('an adapter where %s is rejected', async (name) => {
    expect(await failuresOf(name)).not.toEqual([])
  })

  test('every clause rejects at least one saboteur', async () => {
    const caught = new Set((await Promise.all(Object.keys(saboteurs).map(failuresOf))).flat())
    expect(httpContract.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([])
  })
})
