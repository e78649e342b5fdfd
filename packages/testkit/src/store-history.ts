/** Random histories: the same calls to a store and to the model must give the same answers. */

import {
  type FoundSession,
  partitionOf,
  type RevocationMark,
  type SessionRecord,
  type TokenStore,
} from '@auth/core'
import fc from 'fast-check'

const SUBJECTS = ['alice', 'bob']

interface Step {
  readonly call:
    | 'insert'
    | 'insert again'
    | 'replace'
    | 'revoke session'
    | 'revoke token'
    | 'revoke subject'
    | 'advance'
  readonly subject: number
  /** How many inserts ago the session was created that this call is about. */
  readonly back: number
  readonly lag: number
}

const CALLS = [
  'insert',
  'insert',
  'insert again',
  'replace',
  'revoke session',
  'revoke token',
  'revoke subject',
  'advance',
] as const

const step: fc.Arbitrary<Step> = fc.record({
  call: fc.constantFrom(...CALLS),
  subject: fc.nat(SUBJECTS.length - 1),
  back: fc.nat(3),
  lag: fc.integer({ min: -2, max: 2 }),
})

/** Arbitrary histories of up to 40 calls. */
export const histories = fc.array(step, { maxLength: 40 })

/** A step with the id of the session that it is about. */
interface Call extends Step {
  readonly id: string
}

/** A record that any two stores are handed alike. */
const recordAt = (now: number, { subject, id, back }: Call, epoch: number): SessionRecord => ({
  id,
  subject: `${SUBJECTS[subject]}`,
  epoch,
  version: 1,
  generation: 1,
  previous: 0,
  rotatedAt: now,
  recoveries: 0,
  seed: 'seed',
  createdAt: now,
  authenticatedAt: now,
  idleFor: 5,
  idleExpiresAt: now + 5000,
  expiresAt: now + 10_000 + back * 1000,
  persistent: false,
  transport: 'bearer',
})

const markOf = (now: number, { call, subject, id: sessionId, lag }: Call): RevocationMark => {
  const expiresAt = now + 8000
  if (call === 'revoke session') return { kind: 'session', sessionId, expiresAt }
  if (call === 'revoke token') return { kind: 'token', tokenId: `t${lag}`, sessionId, expiresAt }
  return {
    kind: 'subject',
    subject: `${SUBJECTS[subject]}`,
    ...(lag > 0 ? { keep: sessionId } : {}),
    expiresAt,
  }
}

/** What can be seen of a store: every row, list, epoch and verdict. */
const visible = async (store: TokenStore, known: readonly string[]): Promise<unknown> => {
  const dead = ({ record, epoch }: FoundSession) => record === null || record.epoch < epoch
  const rows = await Promise.all(known.map((id) => store.find(id)))
  const verdicts = rows.map(({ record }, at) => {
    const { subject = 'alice', epoch = 0 } = record ?? {}
    return store.isRevoked({ tokenId: 't1', sessionId: `${known[at]}`, subject, epoch })
  })
  const ids = async (subject: string) => (await store.list(subject)).map(({ id }) => id).sort()
  const epochs = await Promise.all(SUBJECTS.map(async (subject) => (await store.epoch(subject)).epoch))
  const feed = (await store.marks?.())?.marks ?? []
  const live = rows.map((found) => (dead(found) ? null : found.record))
  const rank = ranksOf([
    ...SUBJECTS.map((subject, at) => ({ subject, epoch: epochs[at] as number })),
    ...live,
    ...feed,
  ])
  return {
    rows: live.map((record) => record && { ...record, epoch: rank(record) }),
    verdicts: await Promise.all(verdicts),
    lists: await Promise.all(SUBJECTS.map(ids)),
    epochs: SUBJECTS.map((subject, at) => rank({ subject, epoch: epochs[at] as number })),
    feed: feed.map((mark) => (mark.kind === 'subject' ? { ...mark, epoch: rank(mark) } : mark)),
  }
}

interface Epoch {
  readonly subject: string
  readonly epoch: number
}

/** Epochs come from clocks, and no two stores have the same: what must agree is their order, subject by subject. */
const ranksOf = (items: readonly (object | null)[]): ((item: Epoch) => number) => {
  const seen = items.filter((item): item is Epoch => item !== null && 'subject' in item && 'epoch' in item)
  return ({ subject, epoch }) =>
    new Set(seen.filter((item) => item.subject === subject && item.epoch < epoch).map((item) => item.epoch))
      .size
}

const perform = async (store: TokenStore, now: number, step: Call): Promise<unknown> => {
  if (step.call === 'insert again') {
    // A dead session's id may or may not be free again: ids are random, so no promise is made about it.
    const { record, epoch } = await store.find(step.id)
    return record && record.epoch >= epoch ? store.insert({ ...record, epoch: epoch + step.lag }) : null
  }
  if (step.call === 'insert')
    return store.insert(
      recordAt(now, step, (await store.epoch(`${SUBJECTS[step.subject]}`)).epoch + Math.max(0, step.lag - 1)),
    )
  if (step.call.startsWith('revoke')) return store.revoke(markOf(now, step))
  const { record } = await store.find(step.id)
  if (!record) return false
  return store.replace(
    { ...record, version: record.version + 1, generation: 2 },
    record.version + (step.lag > 1 ? 1 : 0),
  )
}

/**
 * Plays a history on both stores; gives the first step after which they differ, with both views, or null.
 *
 * @param advance - moves the clock of both stores by seconds
 */
export const firstDifference = async (
  stores: readonly [TokenStore, TokenStore],
  clock: { readonly now: () => number; advance(seconds: number): void },
  history: readonly Step[],
): Promise<object | null> => {
  const partitions = await Promise.all(SUBJECTS.map(partitionOf))
  const known: string[] = []
  for (const [at, step] of history.entries()) {
    if (step.call === 'advance') clock.advance(step.back * 2)
    if (step.call === 'insert') known.push(`${partitions[step.subject]}.session-${at}`)
    const id =
      (step.call === 'insert' ? known.at(-1) : known.at(-1 - step.back)) ??
      `${partitions[step.subject]}.no-session`
    const now = clock.now()
    const answers = []
    for (const store of stores) {
      const answer = step.call === 'advance' ? null : await perform(store, now, { ...step, id })
      answers.push(JSON.stringify([answer, await visible(store, known)], sortedKeys))
    }
    if (answers[0] !== answers[1]) return { at, step, left: answers[0], right: answers[1] }
  }
  return null
}

const sortedKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value
