/**
 * A small world around the rotation rule: one session on a server, a browser whose tabs share one cookie jar, a thief, and
 * a store that may fail over. Every decision is made by the rule under test. Exchanges of the thief take no time.
 *
 * States are concrete; only `key` forgets what the future cannot depend on: which tab is which, the absolute number of a
 * generation, which of the long spent tokens somebody holds, and how far beyond the window something lies back.
 */

import type { SessionRecord } from '../../src/session/record.js'
import { RECOVERIES_MAX, type RotationDecision, type RotationInput } from '../../src/session/rotation.js'
import type { Model, Step } from './explorer.js'

/** A verdict; `hold` is a proposal: an access token, and the refresh token is left as it is. */
export type Verdict = RotationDecision | { readonly outcome: 'hold' }

/** The rule under test: `decideRotation`, or a mutant of it. */
export type Rule = (record: SessionRecord, input: RotationInput) => Verdict

/** Who presents a token. */
export type Party = 'victim' | 'thief'

/** A token that the server accepted, as an observer sees it. */
export interface Use {
  readonly party: Party
  readonly outcome: Verdict['outcome']
  /** The party of the use before, and whether that lies more than W back. */
  readonly before: { readonly party: Party; readonly apart: boolean } | null
}

/** What can happen in a world. */
export interface WorldOptions {
  readonly rule: Rule
  readonly strict?: boolean
  /** Exchanges that can be under way at once. */
  readonly tabs: number
  /** The overlap W, in time units. Default: 2. */
  readonly window?: number
  /** The longest that an exchange takes from sending to delivery, in time units. */
  readonly delay: number
  /** How many responses may be lost. Lost requests are always possible. */
  readonly losses?: number
  /** Ways with more RECOVERs in a row are not followed. */
  readonly recoveries?: number
  /** How often the store may lose its last write. */
  readonly failovers?: number
  /** How often the thief may copy the jar. */
  readonly copies?: number
  /** Whether the thief keeps every token he ever held, or uses the newest only. Default: he keeps all. */
  readonly forgetful?: boolean
  /** What to remember of the accepted tokens: from what was remembered and the next one. */
  readonly observe?: (memory: number, use: Use) => number
}

interface Lineage {
  readonly generation: number
  readonly previous: number
  readonly recoveries: number
  /** Time units since it was written, capped just beyond the window. */
  readonly age: number
}

interface Exchange {
  readonly stage: 'request' | 'answer'
  /** The token under way; null where an answer carries none. */
  readonly token: number | null
  readonly age: number
}

/** A state of the world. */
export interface World {
  readonly live: boolean
  readonly lineage: Lineage
  /** What a failover would bring back. */
  readonly backup: Lineage | null
  readonly jar: number
  readonly tabs: readonly (Exchange | null)[]
  readonly held: readonly number[]
  readonly left: { readonly losses: number; readonly failovers: number; readonly copies: number }
  readonly last: { readonly party: Party; readonly age: number } | null
  readonly memory: number
  /** Whether a failover brought the session back after it had been revoked. */
  readonly revived: boolean
}

const NOW = 1_700_000_000_000
const UNIT = 1000
const NAMES = 'ABCDEFGH'

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

interface Answer {
  readonly world: World
  readonly given: number | null
  readonly outcome: string
}

/** The server takes a token. */
const present = (options: WorldOptions, world: World, token: number, party: Party): Answer => {
  if (!world.live) return { world, given: null, outcome: 'refused' }
  const { rule, strict = false, window = 2, copies = 0, observe = () => 0 } = options
  const overlap = (window * UNIT) / 1000
  const verdict = rule(recordOf(world.lineage), { presented: token, now: NOW, overlap, strict })
  if (verdict.outcome === 'reused') {
    const outcome = `REUSED (${verdict.cause})`
    return { world: written(world, { ...world, live: false }), given: null, outcome }
  }
  const before = world.last && { party: world.last.party, apart: world.last.age > window }
  const memory = observe(world.memory, { party, outcome: verdict.outcome, before })
  const seen: World = { ...world, last: copies > 0 ? { party, age: 0 } : null, memory }
  if (verdict.outcome === 'hold') return { world: seen, given: null, outcome: 'hold' }
  const given = verdict.record.generation
  const outcome = `${verdict.outcome} ${given}`
  if (verdict.outcome === 'repeat') return { world: seen, given, outcome }
  return { world: written(world, { ...seen, lineage: lineageOf(verdict.record) }), given, outcome }
}

const withTab = (world: World, index: number, exchange: Exchange | null): World => ({
  ...world,
  tabs: world.tabs.map((tab, at) => (at === index ? exchange : tab)),
})

const requestSteps = (
  options: WorldOptions,
  world: World,
  index: number,
  exchange: Exchange,
): Step<World>[] => {
  const name = NAMES[index]
  const token = exchange.token ?? 0
  const { world: after, given, outcome } = present(options, world, token, 'victim')
  return [
    {
      label: `the server takes ${name}'s ${token}: ${outcome}`,
      next: withTab(after, index, { stage: 'answer', token: given, age: exchange.age }),
    },
    { label: `${name}'s request is lost`, next: withTab(world, index, null) },
  ]
}

const answerSteps = (world: World, index: number, { token }: Exchange): Step<World>[] => {
  const name = NAMES[index]
  const idle = withTab(world, index, null)
  const { losses } = world.left
  const received = {
    label: `${name} receives ${token ?? 'no token'}`,
    next: token === null ? idle : { ...idle, jar: token },
  }
  if (losses === 0) return [received]
  const next = { ...idle, left: { ...world.left, losses: losses - 1 } }
  return [received, { label: `${name}'s answer is lost`, next }]
}

const tabSteps = (options: WorldOptions, world: World, index: number): Step<World>[] => {
  const exchange = world.tabs[index]
  if (exchange?.stage === 'request') return requestSteps(options, world, index, exchange)
  if (exchange) return answerSteps(world, index, exchange)
  const next = withTab(world, index, { stage: 'request', token: world.jar, age: 0 })
  return [{ label: `${NAMES[index]} sends ${world.jar}`, next }]
}

const thiefSteps = (options: WorldOptions, world: World): Step<World>[] => {
  const { left, jar, held } = world
  const hold = (token: number | null): readonly number[] => {
    if (token === null || held.includes(token)) return held
    return options.forgetful ? [token] : [...held, token].sort((a, b) => a - b)
  }
  const uses = held.map((token) => {
    const { world: after, given, outcome } = present(options, world, token, 'thief')
    return { label: `the thief presents ${token}: ${outcome}`, next: { ...after, held: hold(given) } }
  })
  if (left.copies === 0 || held.includes(jar)) return uses
  const next = { ...world, held: hold(jar), left: { ...left, copies: left.copies - 1 } }
  return [...uses, { label: `the thief copies ${jar}`, next }]
}

const timeSteps = (options: WorldOptions, world: World): Step<World>[] => {
  const { window = 2, delay } = options
  const timed = Number.isFinite(delay)
  const older = <T extends { readonly age: number }>(aged: T, by: number): T => ({
    ...aged,
    age: Math.min(window + 1, aged.age + by),
  })
  const wait = (by: number, label: string): Step<World>[] => {
    if (timed && world.tabs.some((tab) => tab && tab.age + by > delay)) return []
    const next = {
      ...world,
      lineage: older(world.lineage, by),
      backup: world.backup && older(world.backup, by),
      tabs: world.tabs.map((tab) => tab && { ...tab, age: timed ? tab.age + by : 0 }),
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

/** Builds the model of a world. */
export const worldModel = (options: WorldOptions): Model<World> => ({
  initial: {
    live: true,
    lineage: { generation: 1, previous: 0, recoveries: 0, age: 0 },
    backup: null,
    jar: 1,
    tabs: Array.from({ length: options.tabs }, () => null),
    held: [],
    left: { losses: options.losses ?? 0, failovers: options.failovers ?? 0, copies: options.copies ?? 0 },
    last: null,
    memory: 0,
    revived: false,
  },
  steps: (world) => {
    if (!world.live) return failoverSteps(world)
    return [
      ...world.tabs.flatMap((_, index) => tabSteps(options, world, index)),
      ...thiefSteps(options, world),
      ...timeSteps(options, world),
      ...failoverSteps(world),
    ].filter(({ next }) => next.lineage.recoveries <= (options.recoveries ?? RECOVERIES_MAX))
  },
  key: keyOf,
})

/** Small numbers from -2 on, one character each. */
const code = (...numbers: number[]): string => String.fromCharCode(...numbers.map((number) => number + 2))

/** Names a state up to symmetry. */
const keyOf = (world: World): string => {
  const { lineage, backup, left, last } = world
  const floor = Math.min(lineage.previous, backup?.previous ?? lineage.previous)
  const relative = (token: number | null) => (token === null ? -2 : Math.max(-1, token - floor))
  const lineageCode = ({ generation, previous, recoveries, age }: Lineage) =>
    code(relative(generation), relative(previous), recoveries, age)
  const tabCode = ({ stage, token, age }: Exchange) => code(stage === 'request' ? 0 : 1, relative(token), age)
  const losses = Number.isFinite(left.losses) ? left.losses : 0
  return [
    code(Number(world.live), Number(world.revived), relative(world.jar), world.memory),
    code(losses, left.failovers, left.copies),
    last ? code(last.party === 'thief' ? 1 : 0, last.age) : '',
    lineageCode(lineage),
    backup ? lineageCode(backup) : '',
    code(...new Set(world.held.map(relative))),
    ...world.tabs.map((tab) => (tab ? tabCode(tab) : '')).sort(),
  ].join('|')
}
