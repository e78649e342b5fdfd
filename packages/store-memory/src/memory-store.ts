/** The in-process `TokenStore`: everything lives in maps of this process and dies with it. */

import {
  AuthError,
  type FeedMark,
  type RevocationMark,
  type RevocationQuery,
  type SessionRecord,
  type SubjectMark,
  type TokenStore,
} from '@auth/core'
import { ExpiringMap } from './expiring-map.js'

/** Options of `memoryStore`. */
export interface MemoryStoreOptions {
  /**
   * How many sessions, and how many revocations, are held at most. One more is refused with `store_unavailable`: nothing
   * that lives is ever evicted. Default: 100000, some 100 MB.
   */
  readonly maxEntries?: number | undefined
  /** The clock, in milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined
}

interface SubjectRow {
  readonly epoch: number
  readonly sessions: Set<string>
}

const SWEEP_INTERVAL = 10_000
/** How long the epoch of a login under way is remembered, in milliseconds. */
const LOGIN_LIFE = 3_600_000
const MAX_LISTED = 100

const optionsFrom = (
  options: MemoryStoreOptions,
): Required<{ [K in keyof MemoryStoreOptions]: NonNullable<MemoryStoreOptions[K]> }> => {
  const { maxEntries = 100_000, now = Date.now, ...unknown } = options
  const problems = Object.keys(unknown).map((name) => `${name} is not an option; there are maxEntries, now`)
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1)
    problems.push('maxEntries must be a whole number above 0')
  if (typeof now !== 'function') problems.push('now must be a function')
  if (problems.length > 0)
    throw new AuthError('invalid_options', `memoryStore cannot work: ${problems.join('; ')}`)
  return { maxEntries, now }
}

const full = (what: string): AuthError =>
  new AuthError(
    'store_unavailable',
    `The memory store is full: it holds as many ${what} as maxEntries allows.`,
  )

/** One key for a pair of texts, whatever is in them. */
const tokenKey = ({ sessionId, tokenId }: { sessionId: string; tokenId: string }): string =>
  JSON.stringify([sessionId, tokenId])

class MemoryStore implements TokenStore {
  readonly volatile = true
  readonly #maxEntries: number
  readonly #now: () => number
  readonly #subjects: ExpiringMap<string, SubjectRow>
  readonly #sessions: ExpiringMap<string, SessionRecord>
  readonly #tokens: ExpiringMap<string, true>
  readonly #feed: ExpiringMap<number, FeedMark>
  #feedEnd = 0
  #timer: ReturnType<typeof setInterval> | undefined

  constructor({ maxEntries, now }: ReturnType<typeof optionsFrom>) {
    this.#maxEntries = maxEntries
    this.#now = now
    this.#subjects = new ExpiringMap(now)
    this.#sessions = new ExpiringMap(now, ({ id, subject }) =>
      this.#subjects.get(subject)?.sessions.delete(id),
    )
    this.#tokens = new ExpiringMap(now)
    this.#feed = new ExpiringMap(now)
  }

  async insert(record: SessionRecord): Promise<boolean> {
    const { id, subject, epoch, expiresAt } = record
    const row = this.#subjects.get(subject)
    if (this.#sessions.get(id) || expiresAt <= this.#now() || (row && epoch !== row.epoch)) return false
    if (this.#sessions.size >= this.#maxEntries) throw full('sessions')
    this.#setSubject(subject, row ?? { epoch, sessions: new Set() }, expiresAt).sessions.add(id)
    this.#sessions.set(id, structuredClone(record), expiresAt)
    return true
  }

  async find(sessionId: string) {
    const record = structuredClone(this.#sessions.get(sessionId)) ?? null
    const epoch = (record && this.#subjects.get(record.subject)?.epoch) ?? Number.MAX_SAFE_INTEGER
    return { record, epoch, now: this.#now() }
  }

  async replace(record: SessionRecord, expectedVersion: number): Promise<boolean> {
    const current = this.#sessions.get(record.id)
    const row = this.#subjects.get(record.subject)
    if (!current || !row || current.version !== expectedVersion || record.epoch < row.epoch) return false
    this.#sessions.set(record.id, structuredClone(record), record.expiresAt)
    return true
  }

  async list(subject: string): Promise<SessionRecord[]> {
    const now = this.#now()
    const records = [...(this.#subjects.get(subject)?.sessions ?? [])].flatMap(
      (id) => this.#sessions.get(id) ?? [],
    )
    const live = records.filter(({ idleExpiresAt }) => now < idleExpiresAt)
    return structuredClone(live.sort((a, b) => b.createdAt - a.createdAt).slice(0, MAX_LISTED))
  }

  async epoch(subject: string) {
    const now = this.#now()
    const known = this.#subjects.get(subject)
    // Half of the rows may be logins under way; whoever asks for ever new subjects is stopped here.
    if (!known && this.#subjects.size >= 2 * this.#maxEntries) throw full('subjects')
    const row = known ?? { epoch: now, sessions: new Set() }
    return { epoch: this.#setSubject(subject, row, now + LOGIN_LIFE).epoch, now }
  }

  async revoke(mark: RevocationMark): Promise<boolean> {
    if (mark.kind === 'subject') return this.#revokeSubject(mark)
    this.#publish(mark)
    if (mark.kind === 'session') return this.#forget(mark.sessionId)
    const key = tokenKey(mark)
    if (this.#tokens.get(key)) return false
    this.#tokens.set(key, true, mark.expiresAt)
    return true
  }

  async isRevoked(query: RevocationQuery): Promise<boolean> {
    const row = this.#subjects.get(query.subject)
    return (
      row === undefined ||
      query.epoch < row.epoch ||
      this.#sessions.get(query.sessionId) === undefined ||
      this.#tokens.get(tokenKey(query)) !== undefined
    )
  }

  async marks(cursor?: string) {
    const asked = Number(cursor ?? 0)
    const from = Number.isSafeInteger(asked) && asked <= this.#feedEnd ? asked : 0
    const marks: FeedMark[] = []
    // Backwards from the end: a caller that has kept up pays only for what is new.
    for (let at = this.#feedEnd, left = this.#feed.size; at > from && left > 0; at -= 1) {
      const mark = this.#feed.get(at)
      if (mark) marks.push(mark)
      if (mark) left -= 1
    }
    return { marks: marks.reverse(), cursor: String(this.#feedEnd) }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Raises the epoch; what died of it is removed at once, the session to keep moves along. */
  #revokeSubject(mark: SubjectMark): boolean {
    const { subject, keep, expiresAt } = mark
    const now = this.#now()
    const row = this.#subjects.get(subject)
    const epoch = Math.max(now, (row?.epoch ?? now) + 1)
    this.#publish({ ...mark, epoch })
    for (const id of row?.sessions ?? []) {
      const record = id === keep ? this.#sessions.get(id) : undefined
      if (record) this.#sessions.set(id, { ...record, epoch, version: record.version + 1 }, record.expiresAt)
      else this.#forget(id)
    }
    this.#setSubject(subject, { epoch, sessions: row?.sessions ?? new Set() }, expiresAt)
    return true
  }

  #forget(sessionId: string): boolean {
    const record = this.#sessions.get(sessionId)
    if (!record) return false
    this.#subjects.get(record.subject)?.sessions.delete(sessionId)
    return this.#sessions.delete(sessionId)
  }

  #publish(mark: FeedMark): void {
    if (this.#feed.size >= this.#maxEntries) throw full('revocations')
    this.#feedEnd += 1
    this.#feed.set(this.#feedEnd, structuredClone(mark), mark.expiresAt)
    this.#startSweeping()
  }

  /** A subject's row lives as long as the longest-lived thing that was ever said of it. */
  #setSubject(subject: string, row: SubjectRow, expiresAt: number): SubjectRow {
    this.#subjects.set(subject, row, Math.max(expiresAt, this.#subjects.expiryOf(subject)))
    this.#startSweeping()
    return row
  }

  #startSweeping(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => this.#sweep(), SWEEP_INTERVAL)
    ;(this.#timer as { unref?(): void }).unref?.()
  }

  #sweep(): void {
    const maps = [this.#sessions, this.#subjects, this.#tokens, this.#feed]
    for (const map of maps) map.sweep()
    if (maps.every((map) => map.size === 0)) void this.close()
  }
}

/**
 * Creates a `TokenStore` that lives in this process: for development, tests, and servers of one process that may sign
 * everybody out when they restart. In production it is announced by the event `memory_store_in_production`.
 *
 * @throws AuthError `invalid_options`
 */
export const memoryStore = (options: MemoryStoreOptions = {}): Required<Omit<TokenStore, 'warnings'>> =>
  new MemoryStore(optionsFrom(options))
