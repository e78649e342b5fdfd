/** Random histories: the same calls to a store and to the model must give the same answers. */

import {
  type FeedMark,
  type FoundSession,
  partitionOf,
  type RevocationTarget,
  type SessionCap,
  type SessionRecord,
  type TokenStore,
} from '@auth/core'
import fc from 'fast-check'

const SUBJECTS = ['alice', 'bob']
const DOCUMENT = 'ring'
/** How long marks and tombstones last, in milliseconds. */
const MARK = 8000
const TOMBSTONE = 20_000

const CALLS = [
  'insert',
  'insert',
  'take over',
  'insert again',
  'replace',
  'revoke session',
  'revoke token',
  'revoke subject',
  'put document',
  'remember',
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
export const histories = fc.array(step, { maxLength: 40 })

/** A step with the id of the session that it is about. */
interface Call extends Step {
  readonly id: string
  /** Its place in the history; no two sessions are refreshed in one millisecond, so that the order of eviction is known. */
  readonly at: number
}

/** A record that any two stores are handed alike. */
const recordAt = (now: number, { subject, id, back, at }: Call, epoch: number): SessionRecord => ({
  id,
  subject: `${SUBJECTS[subject]}`,
  epoch,
  version: 1,
  generation: 1,
  previous: 0,
  rotatedAt: now + at,
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

const capOf = ({ back, lag }: Step): SessionCap => ({
  max: 1 + back,
  whenFull: lag > 0 ? 'deny' : 'evict',
  markFor: MARK,
})

const targetOf = ({ call, subject, id: sessionId, lag }: Call): RevocationTarget => {
  const name = `${SUBJECTS[subject]}`
  if (call === 'revoke session')
    return { kind: 'session', sessionId, ...(lag === 1 ? { subject: name } : {}) }
  if (call === 'revoke token') return { kind: 'token', tokenId: `t${lag}`, sessionId }
  return { kind: 'subject', subject: name, ...(lag > 0 ? { keep: sessionId } : {}) }
}

/** A mark with the time that is left of it in whole lives: no two clocks agree to the millisecond. */
const coarse = (mark: FeedMark): object => ({ ...mark, lastsFor: Math.ceil(mark.lastsFor / MARK) })

/** What can be seen of a store: every row, list, epoch, verdict, mark and document. */
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
  const document = await store.document?.(DOCUMENT)
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
    feed: feed.map((mark) => coarse(mark.kind === 'subject' ? { ...mark, epoch: rank(mark) } : mark)),
    document: [document?.text, document?.version],
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

const insert = async (store: TokenStore, now: number, step: Call) => {
  const { epoch } = await store.epoch(`${SUBJECTS[step.subject]}`)
  const record = recordAt(now, step, epoch + Math.max(0, step.lag - 1))
  const authenticatedAt = step.lag < 0 ? 0 : now + 3_600_000
  const { outcome, evicted } = await store.insert(
    step.call === 'take over' ? { ...record, takeover: 'older', authenticatedAt } : record,
    capOf(step),
  )
  return { outcome, evicted: evicted.map(coarse) }
}

const revoke = async (store: TokenStore, step: Call) => {
  const tombstoneFor = step.lag < 0 ? TOMBSTONE : 0
  const { mark, changed } = await store.revoke(targetOf(step), { markFor: MARK, tombstoneFor })
  return { mark: mark && { ...coarse(mark), epoch: null }, changed }
}

const perform = async (store: TokenStore, now: number, step: Call): Promise<unknown> => {
  const { call, lag, id } = step
  if (call === 'insert' || call === 'take over') return insert(store, now, step)
  if (call.startsWith('revoke')) return revoke(store, step)
  if (call === 'remember') return store.remember?.(`once ${step.back}`, MARK)
  if (call === 'put document') {
    const version = (await store.document?.(DOCUMENT))?.version ?? 0
    return store.putDocument?.(DOCUMENT, `text ${lag}`, version + Math.max(0, lag))
  }
  const { record, epoch } = await store.find(id)
  if (!record || record.epoch < epoch) return null
  if (call === 'insert again') return store.insert({ ...record, epoch: epoch + lag }, capOf(step))
  const next = { ...record, version: record.version + 1, generation: 2, rotatedAt: now + step.at }
  return store.replace(next, record.version + (lag > 1 ? 1 : 0))
}

const OPENING: readonly string[] = ['insert', 'take over']

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
    if (OPENING.includes(step.call)) known.push(`${partitions[step.subject]}.session-${at}`)
    const id =
      (OPENING.includes(step.call) ? known.at(-1) : known.at(-1 - step.back)) ??
      `${partitions[step.subject]}.no-session`
    const now = clock.now()
    const answers = []
    for (const store of stores) {
      const answer = step.call === 'advance' ? null : await perform(store, now, { ...step, id, at })
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
