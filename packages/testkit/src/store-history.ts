/** Random histories: the same calls to a store and to the model must give the same answers. */

import {
  type Insertion,
  partitionOf,
  type RevocationTarget,
  type Revoked,
  type SessionCap,
  type SessionRecord,
  type TokenStore,
} from '@auth/core'
import fc from 'fast-check'
import { type Known, targetOf, viewOf } from './store-view.js'

const SUBJECTS = ['alice', 'bob']
const DOCUMENTS = ['ring']
/** In milliseconds. */
const MARK_LIFE = 5000
const TOMBSTONE_LIFE = 12_000

const CALLS = [
  'insert',
  'insert',
  'insert',
  'insert again',
  'insert buried',
  'take over',
  'replace',
  'revoke session',
  'bury session',
  'revoke token',
  'revoke subject',
  'put document',
  'remember',
  'advance',
  'advance',
] as const

interface Step {
  readonly call: (typeof CALLS)[number]
  readonly subject: number
  /** How many inserts ago the session was created that this call is about. */
  readonly back: number
  readonly lag: number
}

const step: fc.Arbitrary<Step> = fc.record({
  call: fc.constantFrom(...CALLS),
  subject: fc.nat(SUBJECTS.length - 1),
  back: fc.nat(3),
  lag: fc.integer({ min: -2, max: 2 }),
})

/** Arbitrary histories of up to 40 calls. */
export const histories = fc.array(step, { maxLength: 40, size: 'max' })

/** A step, when it is taken, and the session that it is about. */
interface Call extends Step {
  readonly at: number
  readonly now: number
  /** How many milliseconds a millisecond of the history lasts. */
  readonly pace: number
  readonly id: string
  /** Whether the session has a tombstone. */
  readonly buried: boolean
}

/** No two sessions are refreshed at the same instant: which of them is evicted must be certain. */
const refreshed = ({ now, at }: Call): number => now - 1_000_000 + at

/** A record that any two stores are handed alike. */
const recordOf = (call: Call, epoch: number): SessionRecord => ({
  id: call.id,
  subject: `${SUBJECTS[call.subject]}`,
  epoch,
  version: 1,
  generation: 1,
  previous: 0,
  rotatedAt: refreshed(call),
  recoveries: 0,
  seed: 'seed',
  createdAt: call.now,
  authenticatedAt: call.now,
  idleFor: 5 * call.pace,
  idleExpiresAt: call.now + 5000 * call.pace,
  expiresAt: call.now + (10_000 + call.back * 1000) * call.pace,
  persistent: false,
  transport: 'bearer',
})

const capOf = ({ lag, back, pace }: Call): SessionCap => ({
  max: lag < 0 ? 2 : 1000,
  whenFull: back % 2 === 0 ? 'evict' : 'deny',
  markFor: MARK_LIFE * pace,
})

const plain = ({ outcome, evicted }: Insertion) => ({ outcome, evicted: evicted.map(targetOf) })

const insert = async (store: TokenStore, call: Call): Promise<unknown> => {
  const { epoch } = await store.epoch(`${SUBJECTS[call.subject]}`)
  const record = recordOf(call, epoch + Math.max(0, call.lag - 1))
  // A minute away from any revocation, whose instant is read by the clock of each store.
  const old = { takeover: 'older', authenticatedAt: call.now + (call.back % 2 === 0 ? 60_000 : -60_000) }
  return plain(await store.insert(call.call === 'take over' ? { ...record, ...old } : record, capOf(call)))
}

/** No promise is made about the id of a session that has died without a tombstone: ids are random. */
const insertAgain = async (store: TokenStore, call: Call): Promise<unknown> => {
  const { record, epoch } = await store.find(call.id)
  return record && record.epoch >= epoch
    ? plain(await store.insert({ ...record, epoch: epoch + call.lag }, capOf(call)))
    : null
}

const replace = async (store: TokenStore, call: Call): Promise<unknown> => {
  const { record } = await store.find(call.id)
  if (!record) return false
  const next = { ...record, version: record.version + 1, generation: 2, rotatedAt: refreshed(call) }
  return store.replace(next, record.version + (call.lag > 1 ? 1 : 0))
}

/** A session is named with a subject only while it has an owner. */
const ownerOf = async (store: TokenStore, { id, lag }: Call): Promise<{ subject?: string }> => {
  const { record, epoch } = await store.find(id)
  if (lag >= 0 || !record || record.epoch < epoch) return {}
  return { subject: lag === -1 ? record.subject : 'mallory' }
}

const revoke = async (store: TokenStore, call: Call): Promise<unknown> => {
  const { id: sessionId, lag, pace } = call
  const life = {
    markFor: MARK_LIFE * pace,
    ...(call.call === 'bury session' ? { tombstoneFor: TOMBSTONE_LIFE * pace } : {}),
  }
  const keep = lag > 0 ? { keep: sessionId } : {}
  const targets: Partial<Record<Step['call'], RevocationTarget>> = {
    'revoke token': { kind: 'token', sessionId, tokenId: `t${lag}` },
    'revoke subject': { kind: 'subject', subject: `${SUBJECTS[call.subject]}`, ...keep },
  }
  const session = { kind: 'session', sessionId, ...(await ownerOf(store, call)) } as const
  const { mark, changed }: Revoked = await store.revoke(targets[call.call] ?? session, life)
  return { mark: mark && targetOf(mark), changed }
}

const putDocument = async (store: TokenStore, { at, lag }: Call): Promise<unknown> => {
  const name = `${DOCUMENTS[0]}`
  const version = (await store.document?.(name))?.version ?? 0
  return store.putDocument?.(name, `text ${at}`, version + (lag > 1 ? 1 : 0))
}

const perform = async (store: TokenStore, call: Call): Promise<unknown> => {
  if (call.call === 'advance') return null
  if (call.call === 'insert' || call.call === 'take over') return insert(store, call)
  if (call.call === 'insert again') return insertAgain(store, call)
  if (call.call === 'insert buried') return call.buried ? insert(store, call) : null
  if (call.call === 'replace') return replace(store, call)
  if (call.call === 'put document') return putDocument(store, call)
  if (call.call === 'remember')
    return store.remember?.(`id ${call.back % 2}`, (call.lag > 0 ? 2000 : 6000) * call.pace)
  return revoke(store, call)
}

/** Names the sessions of a history as it goes on, and knows which of them are buried. */
const castOf = (partitions: readonly string[], pace: number) => {
  const ids: string[] = []
  const buriedUntil = new Map<string, number>()
  return {
    ids,
    callOf: (step: Step, at: number, now: number): Call => {
      const isNew = step.call === 'insert' || step.call === 'take over'
      if (isNew) ids.push(`${partitions[step.subject]}.session-${at}`)
      const unknown = `${partitions[step.subject]}.no-session`
      const id = (isNew ? ids.at(-1) : ids.at(-1 - step.back)) ?? unknown
      const call = { ...step, at, now, pace, id, buried: now < (buriedUntil.get(id) ?? 0) }
      if (step.call === 'bury session' && step.lag >= -1) buriedUntil.set(id, now + TOMBSTONE_LIFE * pace)
      // A buried session is inserted again under the subject of its partition.
      return call.buried ? { ...call, subject: partitions.findIndex((part) => id.startsWith(part)) } : call
    },
  }
}

/**
 * Plays a history on both stores; gives the first step after which they differ, with both views, or null.
 *
 * @param clock - the clock of both stores: `advance` moves it by seconds; `pace` slows the history down where it cannot be
 * moved: so many times longer lasts whatever ends by itself
 */
export const firstDifference = async (
  stores: readonly [TokenStore, TokenStore],
  clock: { readonly now: () => number; advance(seconds: number): void; readonly pace?: number },
  history: readonly Step[],
): Promise<object | null> => {
  const cast = castOf(await Promise.all(SUBJECTS.map(partitionOf)), clock.pace ?? 1)
  const known: Known = { ids: cast.ids, subjects: SUBJECTS, documents: DOCUMENTS }
  for (const [at, step] of history.entries()) {
    if (step.call === 'advance') clock.advance(step.back * 2)
    const call = cast.callOf(step, at, clock.now())
    const answers = []
    for (const store of stores) {
      answers.push(JSON.stringify([await perform(store, call), await viewOf(store, known)], sortedKeys))
    }
    if (answers[0] !== answers[1]) return { at, step, left: answers[0], right: answers[1] }
  }
  return null
}

const sortedKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value
