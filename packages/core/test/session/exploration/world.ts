/**
 * A small world around the rotation rule: one session on a server, a client whose tabs share one storage, a thief, and a
 * store that may fail over. Every decision is made by the rule under test. Exchanges of the thief take no time.
 */

import { RECOVERIES_MAX } from '../../../src/session/rotation.js'
import { tabSteps } from './client.js'
import type { Model, Step } from './explorer.js'
import { keyOf } from './key.js'
import type { World, WorldOptions } from './state.js'
import { thiefSteps } from './thief.js'

const timeSteps = ({ window = 2, delay }: WorldOptions, world: World): Step<World>[] => {
  const older = <T extends { readonly age: number }>(aged: T, by: number): T => ({
    ...aged,
    age: Math.min(window + 1, aged.age + by),
  })
  const wait = (by: number, label: string): Step<World>[] => {
    if (world.tabs.some((tab) => tab && tab.age + by > delay)) return []
    const next = {
      ...world,
      lineage: older(world.lineage, by),
      backup: world.backup && older(world.backup, by),
      tabs: world.tabs.map((tab) => tab && { ...tab, age: tab.age + by }),
      last: world.last && older(world.last, by),
    }
    return [{ label, next }]
  }
  return [...wait(1, `1/${window} W passes`), ...wait(window + 1, 'more than W passes')]
}

const failoverSteps = (world: World): Step<World>[] => {
  const { backup, left, live } = world
  if (!backup || left.failovers === 0) return []
  const after = { ...left, failovers: left.failovers - 1 }
  const next = { ...world, live: true, revived: !live, lineage: backup, backup: null, left: after }
  return [{ label: 'the store loses its last write', next }]
}

const initial = (options: WorldOptions): World => ({
  live: true,
  lineage: { generation: 1, previous: 0, recoveries: 0, age: 0 },
  backup: null,
  stored: 1,
  tabs: Array.from({ length: options.tabs }, () => null),
  held: [],
  left: { losses: options.losses ?? 0, failovers: options.failovers ?? 0, copies: options.copies ?? 0 },
  last: null,
  memory: 0,
  revived: false,
})

/** Builds the model of a world. */
export const worldModel = (options: WorldOptions): Model<World> => ({
  initial: initial(options),
  steps: (world) => {
    if (!world.live) return failoverSteps(world)
    return [
      ...world.tabs.flatMap((_, index) => tabSteps(options, world, index)),
      ...thiefSteps(options, world),
      ...timeSteps(options, world),
      ...failoverSteps(world),
    ].filter(({ next }) => next.lineage.recoveries <= (options.recoveries ?? RECOVERIES_MAX))
  },
  key: keyOf(options),
})
