/** Random histories tell a store from the model where it breaks a promise, and never tell the model from itself. */

import { fakeClock, modelStore } from '@auth/contracts'
import type { TokenStore } from '@auth/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { saboteurs } from '../../contracts/test/store-saboteurs/index.js'
import { firstDifference, histories } from '../src/index.js'

const play = (open: (now: () => number) => TokenStore, numRuns: number) =>
  fc.check(
    fc.asyncProperty(histories, async (history) => {
      const clock = fakeClock()
      return (await firstDifference([open(clock.now), modelStore(clock.now)], clock, history)) === null
    }),
    { numRuns, seed: 1 },
  )

test('two models cannot be told apart', async () => {
  expect((await play(modelStore, 300)).failed).toBe(false)
})

const FOUND = [
  'replace does not compare',
  'the cap has room for one more',
  'eviction is denial',
  'the last refreshed is evicted',
  'idle sessions are evicted last',
  'there are no tombstones',
  'tombstones end with their mark',
  'takeovers are logins like others',
  'revoking a subject keeps no session',
  'the named subject is ignored',
  'token marks are ignored',
  'the feed keeps every entry of a subject',
  'versions are not compared',
  'ids are never forgotten',
]

test.each(FOUND)('a store where %s is told from the model', async (name) => {
  const saboteur = saboteurs.find((each) => each.name === name)
  if (!saboteur) throw new Error('there is no such saboteur')
  expect((await play(saboteur.open, 1000)).failed).toBe(true)
})
