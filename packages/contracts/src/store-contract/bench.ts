/** The few words in which clauses of the store contract are written. */

import {
  type FeedMark,
  type Insertion,
  partitionOf,
  type RevocationQuery,
  type SessionCap,
  type SessionRecord,
  type SubjectTarget,
  type TokenStore,
} from '@auth/core'
import { expectSame } from '../expectations.js'

/** A store under test: fresh, or shared with other clauses; the contract draws new subjects for each clause. */
export interface StoreUnderTest {
  /** The store to be checked. */
  readonly store: TokenStore
  /** A second client of the same data, as another process would have. Default: `store` itself. */
  readonly other?: TokenStore
  /** Moves the clock of both clients. */
  readonly advance?: (seconds: number) => void | Promise<void>
}

/** What a clause works with. Methods that not every store has are there where the clause needs them. */
export interface Bench {
  readonly store: Required<TokenStore>
  readonly other: Required<TokenStore>
  advance(seconds: number): Promise<void>
  /** Draws a record of a login right now, by the store's clock; nothing is stored. */
  record(changes?: Changes): Promise<SessionRecord>
  /** Draws a record and stores it. */
  stored(changes?: Changes): Promise<SessionRecord>
}

/** Fields of a record, those of later releases included. */
export type Changes = Partial<SessionRecord> & { readonly [field: string]: unknown }

/** An hour, in seconds. */
export const HOUR = 3600
/** An hour, in milliseconds. */
export const HOUR_MS = HOUR * 1000
/** A cap that stops no clause. */
export const ROOMY: SessionCap = { max: 10_000, whenFull: 'deny', markFor: HOUR_MS }
/** The life of a mark in most clauses. */
export const LIFE = { markFor: HOUR_MS } as const
/** The life of a mark and a tombstone in clauses about tombstones. */
export const BURIED = { markFor: HOUR_MS, tombstoneFor: 3 * HOUR_MS } as const

/** Draws a string that no other clause uses. */
export const anyName = (): string => crypto.randomUUID()
/** Draws a subject that no other clause uses. */
export const anySubject = (): string => `user-${anyName()}`

/** The question whether the access token of a session is revoked. */
export const query = ({ id, subject, epoch }: SessionRecord, tokenId = 'token'): RevocationQuery => ({
  tokenId,
  sessionId: id,
  subject,
  epoch,
})

/** What can be revoked of a session. */
export const target = {
  session: ({ id }: Pick<SessionRecord, 'id'>) => ({ kind: 'session', sessionId: id }) as const,
  token: ({ id }: Pick<SessionRecord, 'id'>, tokenId = 'token') =>
    ({ kind: 'token', tokenId, sessionId: id }) as const,
  subject: ({ subject }: Pick<SessionRecord, 'subject'>, keep?: string): SubjectTarget => ({
    kind: 'subject',
    subject,
    ...(keep === undefined ? {} : { keep }),
  }),
}

/** The record after one rotation. */
export const rotated = (record: SessionRecord): SessionRecord => ({
  ...record,
  version: record.version + 1,
  previous: record.generation,
  generation: record.generation + 1,
})

/** Fails the clause where an insertion has another outcome. */
export const expectOutcome = async (
  insertion: Promise<Insertion>,
  outcome: Insertion['outcome'],
  what: string,
): Promise<void> => expectSame((await insertion).outcome, outcome, what)

/** What a mark is about, as one string. */
export const aboutOf = (mark: FeedMark): string => {
  if (mark.kind === 'document') return mark.name
  if (mark.kind === 'subject') return mark.subject
  return mark.kind === 'session' ? mark.sessionId : `${mark.sessionId} ${mark.tokenId}`
}

/** What the marks after a cursor are about; a feed may go on showing those that have ended. */
export const since = async (store: Required<TokenStore>, cursor?: string): Promise<string[]> =>
  (await store.marks(cursor)).marks.filter(({ lastsFor }) => lastsFor > 0).map(aboutOf)

/** The ids of the sessions that a subject has. */
export const idsOf = async (store: TokenStore, subject: string): Promise<string[]> =>
  (await store.list(subject)).map(({ id }) => id)

/** Whether a session can still be refreshed, whatever a store says of rows under an older epoch. */
export const isAlive = async (store: TokenStore, id: string): Promise<boolean> => {
  const { record, epoch } = await store.find(id)
  return record !== null && record.epoch >= epoch
}

/** Makes calls at once, in turn through one client and the other. */
export const together = <T>(
  { store, other }: Pick<Bench, 'store' | 'other'>,
  count: number,
  call: (client: Required<TokenStore>, at: number) => Promise<T>,
): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, at) => call(at % 2 === 0 ? store : other, at)))

/** Sets the bench up for a clause whose needs are met. */
export const benchOf = ({ store, other = store, advance }: StoreUnderTest): Bench => {
  const record: Bench['record'] = async (changes = {}) => {
    const subject = changes.subject ?? anySubject()
    const { now } = await store.find('')
    const epoch = changes.epoch ?? (await store.epoch(subject)).epoch
    const instants = {
      rotatedAt: now,
      createdAt: now,
      authenticatedAt: now,
      idleExpiresAt: now + HOUR_MS,
      expiresAt: now + 2 * HOUR_MS,
    }
    const counters = { version: 1, generation: 1, previous: 0, recoveries: 0, idleFor: HOUR }
    const kind = { seed: anyName(), persistent: true, transport: 'cookie' } as const
    const id = `${await partitionOf(subject)}.${anyName()}`
    return { id, subject, epoch, ...counters, ...instants, ...kind, ...changes }
  }
  const stored: Bench['stored'] = async (changes) => {
    const drawn = await record(changes)
    await expectOutcome(store.insert(drawn, ROOMY), 'inserted', 'the insertion of a new session')
    return drawn
  }
  const clients = { store: store as Required<TokenStore>, other: other as Required<TokenStore> }
  return { ...clients, record, stored, advance: async (seconds) => advance?.(seconds) }
}
