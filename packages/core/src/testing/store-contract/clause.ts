/** What a clause of the store contract is, and the few words in which clauses are written. */

import type { SessionRecord } from '../../session/record.js'
import { newSessionId, randomId } from '../../session/session-id.js'
import type { RevocationQuery, SubjectMark, TokenStore } from '../../store/token-store.js'

/** A store under test: fresh, or shared with other clauses; the contract draws new subjects for each clause. */
export interface StoreUnderTest {
  /** The store to be checked. */
  readonly store: TokenStore
  /** A second client of the same data, as another process would have. Default: `store` itself. */
  readonly other?: TokenStore
  /** Moves the store's clock. Without it, leave out the clauses that say `needs: 'clock'`: they would fail. */
  readonly advance?: (seconds: number) => void | Promise<void>
}

/** One promise of the port, as a program that fails where the promise is broken. */
export interface StoreClause {
  /** Stable and short, for test names. */
  readonly name: string
  /** The promise in one sentence. */
  readonly promise: string
  /** What a store under test must have for the clause to run: `advance`, or the optional method `marks`. */
  readonly needs: 'clock' | 'feed' | null
  /** Rejects with a plain `Error` where the store breaks the promise. */
  run(subject: StoreUnderTest): Promise<void>
}

/** What a clause works with. */
export interface Bench {
  readonly store: TokenStore
  readonly other: TokenStore
  advance(seconds: number): Promise<void>
  /** Draws a record of a login right now, by the store's clock; nothing is stored. */
  record(changes?: Partial<SessionRecord>): Promise<SessionRecord>
  /** Draws a record and stores it. */
  stored(changes?: Partial<SessionRecord>): Promise<SessionRecord>
}

/** Fails the clause. */
export const expect = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Error(otherwise)
}

/** Fails the clause where two values differ as JSON with sorted keys. */
export const expectSame = (actual: unknown, wanted: unknown, what: string): void => {
  const [left, right] = [actual, wanted].map((value) => JSON.stringify(sorted(value)))
  expect(left === right, `${what}: expected ${right}, got ${left}`)
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Draws a subject that no other clause uses. */
export const anySubject = (): string => `user-${randomId()}`

/** The question whether the access token of a session is revoked. */
export const query = ({ id, subject, epoch }: SessionRecord, tokenId = 'token'): RevocationQuery => ({
  tokenId,
  sessionId: id,
  subject,
  epoch,
})

/** The three marks, an hour long. */
export const marks = {
  session: ({ id, rotatedAt }: SessionRecord) =>
    ({ kind: 'session', sessionId: id, expiresAt: rotatedAt + 3_600_000 }) as const,
  token: ({ id, rotatedAt }: SessionRecord, tokenId = 'token') =>
    ({ kind: 'token', tokenId, sessionId: id, expiresAt: rotatedAt + 3_600_000 }) as const,
  subject: ({ subject, rotatedAt }: SessionRecord, keep?: string): SubjectMark => ({
    kind: 'subject',
    subject,
    ...(keep === undefined ? {} : { keep }),
    expiresAt: rotatedAt + 3_600_000,
  }),
}

/** The record after one rotation. */
export const rotated = (record: SessionRecord): SessionRecord => ({
  ...record,
  version: record.version + 1,
  previous: record.generation,
  generation: record.generation + 1,
})

/** The feed of a store that has one. */
export const feedOf = (store: TokenStore): NonNullable<TokenStore['marks']> => {
  if (!store.marks) throw new Error('this store has no feed: leave the clauses out that need one')
  return store.marks.bind(store)
}

const benchOf = ({ store, other = store, advance }: StoreUnderTest): Bench => {
  const record: Bench['record'] = async (changes = {}) => {
    const subject = changes.subject ?? anySubject()
    const { now } = await store.find('')
    const epoch = changes.epoch ?? (await store.epoch(subject)).epoch
    const instants = {
      rotatedAt: now,
      createdAt: now,
      authenticatedAt: now,
      idleExpiresAt: now + 3_600_000,
      expiresAt: now + 7_200_000,
    }
    const counters = { version: 1, generation: 1, previous: 0, recoveries: 0, idleFor: 3600 }
    const kind = { seed: randomId(), persistent: true, transport: 'cookie' } as const
    return { id: await newSessionId(subject), subject, epoch, ...counters, ...instants, ...kind, ...changes }
  }
  const stored: Bench['stored'] = async (changes) => {
    const drawn = await record(changes)
    expect(await store.insert(drawn), 'insert refused a new session')
    return drawn
  }
  return { store, other, record, stored, advance: async (seconds) => advance?.(seconds) }
}

/** Writes a clause down. */
export const clause = (
  name: string,
  promise: string,
  check: (bench: Bench) => Promise<void>,
): StoreClause => ({
  name,
  promise,
  needs: null,
  run: (subject) => check(benchOf(subject)),
})

/** Writes a clause down that lets time pass. */
export const timed = (
  name: string,
  promise: string,
  check: (bench: Bench) => Promise<void>,
): StoreClause => ({
  ...clause(name, promise, check),
  needs: 'clock',
})

/** Writes a clause down that reads the feed. */
export const fed = (name: string, promise: string, check: (bench: Bench) => Promise<void>): StoreClause => ({
  ...clause(name, promise, check),
  needs: 'feed',
})
