/** The store contract as the shortest program that keeps it: rows in one list, nothing clever, nothing fast. For tests. */

import type { SessionRecord } from '../session/record.js'
import type {
  FeedMark,
  RevocationMark,
  RevocationQuery,
  SubjectMark,
  TokenMark,
  TokenStore,
} from '../store/token-store.js'

interface Row {
  readonly kind: 'session' | 'subject' | 'token' | 'mark'
  readonly key: string
  readonly value: unknown
  readonly expiresAt: number
}

/** A store that has a feed. */
export type ModelStore = Required<Omit<TokenStore, 'warnings'>>

const tokenKey = ({ sessionId, tokenId }: Pick<TokenMark, 'sessionId' | 'tokenId'>): string =>
  JSON.stringify([sessionId, tokenId])

/** Rows of four kinds, each with an expiry; reads see only what has not expired. */
class Rows {
  readonly now: () => number
  #rows: readonly Row[] = []

  constructor(now: () => number) {
    this.now = now
  }

  live(kind: Row['kind']): Row[] {
    return this.#rows.filter((row) => row.kind === kind && this.now() < row.expiresAt)
  }

  get<V>(kind: Row['kind'], key: string): V | undefined {
    return this.live(kind).find((row) => row.key === key)?.value as V | undefined
  }

  put(row: Row): void {
    this.remove(row.kind, row.key)
    this.#rows = [...this.#rows, { ...row, value: structuredClone(row.value) }]
  }

  remove(kind: Row['kind'], key: string): void {
    this.#rows = this.#rows.filter((row) => row.kind !== kind || row.key !== key)
  }

  /** The subject's row lives as long as the longest-lived thing that was ever said of it. */
  putEpoch(subject: string, epoch: number, expiresAt: number): void {
    const old = this.#rows.find((row) => row.kind === 'subject' && row.key === subject)?.expiresAt ?? 0
    this.put({ kind: 'subject', key: subject, value: epoch, expiresAt: Math.max(old, expiresAt) })
  }

  putSession(record: SessionRecord): void {
    this.put({ kind: 'session', key: record.id, value: record, expiresAt: record.expiresAt })
  }

  epochOf(subject: string): number | undefined {
    return this.get('subject', subject)
  }

  /** A session that its subject's epoch has not killed. */
  session(id: string): SessionRecord | undefined {
    const record = this.get<SessionRecord>('session', id)
    const epoch = record && this.epochOf(record.subject)
    return record && epoch !== undefined && record.epoch >= epoch ? record : undefined
  }
}

class Model implements ModelStore {
  readonly volatile = true
  readonly #rows: Rows
  readonly #now: () => number
  #published = 0

  constructor(now: () => number) {
    this.#rows = new Rows(now)
    this.#now = now
  }

  insert = async (record: SessionRecord): Promise<boolean> => {
    const epoch = this.#rows.epochOf(record.subject) ?? record.epoch
    const taken = this.#rows.get('session', record.id) !== undefined
    if (taken || record.expiresAt <= this.#now() || record.epoch !== epoch) return false
    this.#rows.putEpoch(record.subject, epoch, record.expiresAt)
    this.#rows.putSession(record)
    return true
  }

  find = async (id: string) => {
    const record = structuredClone(this.#rows.session(id)) ?? null
    const epoch = (record && this.#rows.epochOf(record.subject)) ?? Number.MAX_SAFE_INTEGER
    return { record, epoch, now: this.#now() }
  }

  replace = async (record: SessionRecord, expectedVersion: number): Promise<boolean> => {
    const current = this.#rows.session(record.id)
    const epoch = this.#rows.epochOf(record.subject) ?? Number.MAX_SAFE_INTEGER
    if (current?.version !== expectedVersion || record.epoch < epoch) return false
    this.#rows.putSession(record)
    return true
  }

  list = async (subject: string): Promise<SessionRecord[]> => {
    const records = this.#rows.live('session').flatMap(({ key }) => this.#rows.session(key) ?? [])
    const own = records.filter((record) => record.subject === subject && this.#now() < record.idleExpiresAt)
    return structuredClone(own.sort((a, b) => b.createdAt - a.createdAt).slice(0, 100))
  }

  epoch = async (subject: string) => {
    const now = this.#now()
    const epoch = this.#rows.epochOf(subject) ?? now
    this.#rows.putEpoch(subject, epoch, now + 3_600_000)
    return { epoch, now }
  }

  revoke = async (mark: RevocationMark): Promise<boolean> => {
    if (mark.kind === 'subject') return this.#revokeSubject(mark)
    this.#publish(mark)
    const known =
      mark.kind === 'session'
        ? this.#rows.session(mark.sessionId) === undefined
        : this.#rows.get('token', tokenKey(mark)) !== undefined
    if (mark.kind === 'session') this.#rows.remove('session', mark.sessionId)
    else this.#rows.put({ kind: 'token', key: tokenKey(mark), value: true, expiresAt: mark.expiresAt })
    return !known
  }

  isRevoked = async (query: RevocationQuery): Promise<boolean> =>
    this.#rows.session(query.sessionId) === undefined ||
    query.epoch < (this.#rows.epochOf(query.subject) ?? Number.MAX_SAFE_INTEGER) ||
    this.#rows.get('token', tokenKey(query)) !== undefined

  marks = async (cursor?: string) => {
    const from = cursor !== undefined && Number(cursor) <= this.#published ? Number(cursor) : 0
    const marks = this.#rows.live('mark').filter(({ key }) => Number(key) > from)
    return { marks: marks.map(({ value }) => value as FeedMark), cursor: String(this.#published) }
  }

  close = async (): Promise<void> => undefined

  #revokeSubject({ keep, ...mark }: SubjectMark): boolean {
    const { subject, expiresAt } = mark
    const kept = keep === undefined ? undefined : this.#rows.session(keep)
    const now = this.#now()
    const epoch = Math.max(now, (this.#rows.epochOf(subject) ?? now) + 1)
    this.#publish({ ...mark, ...(keep === undefined ? {} : { keep }), epoch })
    this.#rows.putEpoch(subject, epoch, expiresAt)
    if (kept?.subject === subject) this.#rows.putSession({ ...kept, epoch, version: kept.version + 1 })
    return true
  }

  #publish(mark: FeedMark): void {
    this.#published += 1
    this.#rows.put({ kind: 'mark', key: String(this.#published), value: mark, expiresAt: mark.expiresAt })
  }
}

/** A `TokenStore` to compare others with. @param now - the clock, in milliseconds. Default: `Date.now`. */
export const modelStore = (now: () => number = Date.now): ModelStore => new Model(now)
