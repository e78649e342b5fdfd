/** The server of the small world: takes a token, by the rule under test. */

import type { SessionRecord } from '../../../src/session/record.js'
import type { Lineage, Party, Use, World, WorldOptions } from './state.js'

/** The world after a token was taken, and the refresh token that leaves, if any. */
export interface Answer {
  readonly world: World
  readonly given: number | null
  readonly outcome: string
}

const NOW = 1_700_000_000_000
const UNIT = 1000

const recordOf = ({ generation, previous, recoveries, age }: Lineage): SessionRecord => ({
  id: 'AAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
  subject: 'alice',
  epoch: NOW,
  version: 1,
  generation,
  previous,
  rotatedAt: NOW - age * UNIT,
  recoveries,
  seed: 'seed',
  createdAt: NOW,
  authenticatedAt: NOW,
  idleFor: 86_400,
  idleExpiresAt: NOW + 86_400_000,
  expiresAt: NOW + 86_400_000,
  persistent: true,
  transport: 'cookie',
})

const lineageOf = ({ generation, previous, recoveries, rotatedAt }: SessionRecord): Lineage => ({
  generation,
  previous,
  recoveries,
  age: (NOW - rotatedAt) / UNIT,
})

/** What the store keeps, while it may still lose its last write. */
const written = (before: World, after: World): World =>
  before.left.failovers > 0 ? { ...after, backup: before.lineage } : after

/** The world as it is after a token was accepted, before the lineage moves. */
const observed = (
  { window = 2, copies = 0, observe = () => 0 }: WorldOptions,
  world: World,
  { party, outcome }: Pick<Use, 'party' | 'outcome'>,
): World => {
  const before = world.last && { party: world.last.party, apart: world.last.age > window }
  const memory = observe(world.memory, { party, outcome, before })
  return { ...world, last: copies > 0 ? { party, age: 0 } : null, memory }
}

/** The server takes a token. */
export const present = (options: WorldOptions, world: World, [party, token]: [Party, number]): Answer => {
  if (!world.live) return { world, given: null, outcome: 'refused' }
  const { rule, window = 2 } = options
  const overlap = (window * UNIT) / 1000
  const verdict = rule(recordOf(world.lineage), { presented: token, now: NOW, overlap, strict: false })
  if (verdict.outcome === 'reused') {
    const outcome = `REUSED (${verdict.cause})`
    return { world: written(world, { ...world, live: false }), given: null, outcome }
  }
  const seen = observed(options, world, { party, outcome: verdict.outcome })
  if (verdict.outcome === 'hold') return { world: seen, given: null, outcome: 'hold' }
  const given = verdict.record.generation
  const outcome = `${verdict.outcome} ${given}`
  if (verdict.outcome === 'repeat') return { world: seen, given, outcome }
  return { world: written(world, { ...seen, lineage: lineageOf(verdict.record) }), given, outcome }
}
