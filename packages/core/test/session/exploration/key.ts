/**
 * Names a state of the small world up to what its future cannot depend on: which tab is which, the absolute number of a
 * generation, which of the long spent tokens is held, and how far beyond the window something lies back.
 */

import type { Exchange, Lineage, World, WorldOptions } from './state.js'

/** Small numbers, one character each. */
const code = String.fromCharCode

/** Names tokens by their distance from the oldest that still matters: 0 none, 1 long spent. */
const namer = ({ lineage, backup }: World) => {
  const floor = backup && backup.previous < lineage.previous ? backup.previous : lineage.previous
  return (token: number | null): number => (token === null ? 0 : token < floor ? 1 : token - floor + 2)
}

type Namer = ReturnType<typeof namer>

const lineageCode = (name: Namer, { generation, previous, recoveries, age }: Lineage): string =>
  code(name(generation), name(previous), recoveries, age)

const tabCode = (name: Namer, { stage, sent, given, age }: Exchange): string =>
  stage === 'request' ? code(1, name(sent), age) : code(2, name(given), age)

/** Tokens that are held, long spent ones as one. */
const heldCode = (name: Namer, held: readonly number[]): string => {
  const names: number[] = []
  for (const token of held) if (names.at(-1) !== name(token)) names.push(name(token))
  return code(...names)
}

/** Names the states of a world with these options. */
export const keyOf = ({ storage }: WorldOptions) => {
  const compares = storage === 'compare-and-set'
  return (world: World): string => {
    const { live, revived, stored, memory, lineage, backup, last, left } = world
    const name = namer(world)
    const losses = Number.isFinite(left.losses) ? left.losses : 0
    const tabs: string[] = []
    for (const tab of world.tabs) {
      if (!tab) continue
      const awaited =
        compares && tab.stage === 'answer' ? code(name(tab.sent), tab.sent === stored ? 1 : 0) : ''
      tabs.push(tabCode(name, tab) + awaited)
    }
    const since = last ? code(last.party === 'thief' ? 1 : 2, last.age) : code(0)
    return [
      code(live ? 1 : 0, revived ? 1 : 0, name(stored), memory, losses, left.failovers, left.copies),
      since,
      lineageCode(name, lineage),
      backup ? lineageCode(name, backup) : '',
      heldCode(name, world.held),
      ...tabs.sort(),
    ].join('|')
  }
}
