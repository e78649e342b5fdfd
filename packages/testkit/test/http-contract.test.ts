import { httpContract } from '@auth/contracts'
import { describe, expect, test } from 'vitest'
import { inProcess } from '../../hono/test/contract-app.js'
import { browserJar } from '../src/index.js'
import { saboteurs } from './http-saboteurs/index.js'
import { REJECTED } from './http-saboteurs/rejected.js'

const complaintOf = (name: string, start: typeof inProcess): Promise<unknown> => {
  const clause = httpContract.find((each) => each.name === name)
  if (!clause) throw new Error(`there is no clause of the name: ${name}`)
  return clause.run({ start, jar: browserJar }).then(
    () => null,
    (error: unknown) => error,
  )
}

const pairs = Object.entries(REJECTED).flatMap(([clause, names]) => names.map((name) => ({ clause, name })))

describe('the HTTP contract bites', () => {
  test.each(httpContract)('an honest adapter keeps: $name', ({ name }) =>
    expect(complaintOf(name, inProcess)).resolves.toBeNull(),
  )

  test.each(pairs)('$clause: rejects an adapter where $name', async ({ clause, name }) => {
    const sabotage = saboteurs[name]
    if (!sabotage) throw new Error(`there is no saboteur of the name: ${name}`)
    expect(await complaintOf(clause, sabotage(inProcess))).toBeInstanceOf(Error)
  })

  test('every clause rejects a saboteur, and every saboteur is rejected', () => {
    expect(httpContract.map(({ name }) => name).filter((name) => !REJECTED[name]?.length)).toEqual([])
    const rejected = new Set(Object.values(REJECTED).flat())
    expect(Object.keys(saboteurs).filter((name) => !rejected.has(name))).toEqual([])
  })
})
