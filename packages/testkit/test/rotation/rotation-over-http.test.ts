/** The rotation rule through HTTP: a real core takes each step of small worlds, in any order of requests and answers. */

import { expect, it } from 'vitest'
import { decideRotation } from '../../../core/src/session/rotation.js'
import { everyWay, explore } from '../../../core/test/session/exploration/explorer.js'
import { repeating } from '../../../core/test/session/exploration/rules.js'
import type { WorldOptions } from '../../../core/test/session/exploration/state.js'
import { worldModel } from '../../../core/test/session/exploration/world.js'
import { replayer } from './replay.js'

const small = { rule: decideRotation, tabs: 2, window: 4, delay: 2 } as const
const lossy = { losses: Number.POSITIVE_INFINITY, recoveries: 1 } as const

/** Takes every way of a world, until one goes differently. */
const replayAll = async (options: WorldOptions): Promise<readonly (readonly string[])[]> => {
  const ways = everyWay(worldModel(options))
  const replay = replayer(options)
  for (const way of ways) expect(await replay(way)).toEqual(way)
  return ways
}

it.each<readonly [string, WorldOptions]>([
  ['two tabs that share cookies, lost answers', { ...small, ...lossy }],
  ['three tabs that share cookies', { ...small, tabs: 3, window: 2, delay: 1 }],
  ['a bearer client, one refresh at a time', { ...small, ...lossy, storage: 'bearer', tabs: 1, delay: 9 }],
  ['a bearer client, compare-and-set', { ...small, ...lossy, storage: 'compare-and-set' }],
])(
  '%s: no session is lost',
  async (_, options) => {
    const ways = await replayAll(options)
    expect(ways.length).toBeGreaterThan(500)
    expect(ways.filter((way) => way.at(-1)?.includes('REUSED'))).toEqual([])
  },
  120_000,
)

it('two bearer refreshes at once, each answer stored as it comes: the session is lost', async () => {
  const options = { ...small, storage: 'bearer' } as const
  const way = explore(worldModel(options), ({ live }) => !live).trace ?? []
  expect(way.at(-1)).toContain('REUSED')
  expect(await replayer(options)(way)).toEqual(way)
})

it('the ways of another rule are not those of the server', async () => {
  await expect(replayAll({ ...small, rule: repeating })).rejects.toThrow('deeply equal')
})
