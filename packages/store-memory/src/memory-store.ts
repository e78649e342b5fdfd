/** The in-process `TokenStore`: everything lives in maps of this process and dies with it. */

import {
  type Insertion,
  type RevocationLife,
  type RevocationQuery,
  type RevocationTarget,
  type Revoked,
  type SessionCap,
  type SessionRecord,
  STORE_LIMITS,
  type SubjectTarget,
  type TokenStore,
} from '@auth/core'
import { ExpiringMap } from './expiring-map.js'
import { unavailable } from './failure.js'
import { type MemoryStoreOptions, type MemoryStoreSettings, optionsFrom } from './options.js'
import { Revocations } from './revocations.js'
import { recordOf, type SessionRow, SessionTable } from './session-table.js'

const SWEEP_PAUSE = 10_000
/** Pause before a sweep that goes on where the last one stopped, in milliseconds. */
const SHORT_PAUSE = 10
/** How long the epoch of a login under way is remembered, in milliseconds. */
const LOGIN_LIFE = 3_600_000

class MemoryStore implements TokenStore {
  readonly volatile = true
  readonly #maxEntries: number
  readonly #now: () => number
  readonly #table: SessionTable
  readonly #revocations: Revocations
  readonly #once: ExpiringMap<string, true>
  readonly #documents = new Map<string, { readonly text: string; readonly version: number }>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(settings: MemoryStoreSettings) {
    this.#maxEntries = settings.maxEntries
    this.#now = settings.now
    this.#table = new SessionTable(settings.now)
    this.#revocations = new Revocations(this.#table, settings)
    this.#once = new ExpiringMap(settings.now)
  }

  async insert(record: SessionRecord, cap: SessionCap): Promise<Insertion> {
    this.#beginWrite()
    const refused = this.#refusal(record)
    if (refused) return { outcome: refused, evicted: [] }
    const surplus = this.#table.surplus(record.subject, cap.max)
    const isIdle = ({ idleExpiresAt }: SessionRow) => idleExpiresAt <= this.#now()
    const isDenied = cap.whenFull === 'deny' && !surplus.every(isIdle)
    // One entry more than the evictions need is left: that of the new session itself.
    if (isDenied || !this.#revocations.hasShare(record.id, surplus.length + 1))
      return { outcome: 'full', evicted: [] }
    if (this.#table.size - surplus.length >= this.#maxEntries) throw unavailable('holds maxEntries sessions')
    this.#revocations.expectRoom()
    const evicted = surplus.map((row) => this.#revocations.endSession(row, cap))
    this.#table.open(record)
    return { outcome: 'inserted', evicted }
  }

  async find(sessionId: string) {
    this.#expectOpen()
    const row = this.#table.live(sessionId)
    const epoch = row && this.#table.subject(row.subject)?.epoch
    return { record: row ? recordOf(row) : null, epoch: epoch ?? Number.MAX_SAFE_INTEGER, now: this.#now() }
  }

  async replace(record: SessionRecord, expectedVersion: number): Promise<boolean> {
    this.#expectOpen()
    const current = this.#table.live(record.id)
    const { epoch = Number.MAX_SAFE_INTEGER } = this.#table.subject(record.subject) ?? {}
    if (current?.version !== expectedVersion || record.epoch < epoch) return false
    this.#table.put(record)
    return true
  }

  async list(subject: string): Promise<SessionRecord[]> {
    this.#expectOpen()
    return this.#table.newest(subject, STORE_LIMITS.listed).map(recordOf)
  }

  async epoch(subject: string) {
    this.#beginWrite()
    const now = this.#now()
    // Half of the rows may be logins under way; an attempt to use up all with ever new subjects is stopped here.
    if (!this.#table.subject(subject) && this.#table.subjects >= 2 * this.#maxEntries)
      throw unavailable('holds as many subjects as it can')
    return { epoch: this.#table.touch(subject, now, now + LOGIN_LIFE).epoch, now }
  }

  async revoke(target: RevocationTarget, life: RevocationLife): Promise<Revoked> {
    this.#beginWrite()
    if (target.kind === 'subject') return this.#revokeSubject(target, life)
    if (target.kind === 'session') return this.#revocations.revokeSession(target, life)
    return this.#revocations.revokeToken(target, life)
  }

  async isRevoked({ tokenId, sessionId, subject, epoch }: RevocationQuery): Promise<boolean> {
    this.#expectOpen()
    const { epoch: current = Number.MAX_SAFE_INTEGER } = this.#table.subject(subject) ?? {}
    const isMarked = this.#revocations.markOf({ kind: 'token', tokenId, sessionId }) !== undefined
    return epoch < current || this.#table.live(sessionId) === undefined || isMarked
  }

  async marks(cursor?: string) {
    this.#expectOpen()
    return this.#revocations.feed.read(cursor)
  }

  onMarks(wake: () => void): () => void {
    return this.#revocations.feed.subscribe(wake)
  }

  async document(name: string) {
    this.#expectOpen()
    const { text = null, version = 0 } = this.#documents.get(name) ?? {}
    return { text, version, now: this.#now() }
  }

  async putDocument(name: string, text: string, expectedVersion: number): Promise<boolean> {
    this.#beginWrite()
    const version = (this.#documents.get(name)?.version ?? 0) + 1
    if (version !== expectedVersion + 1) return false
    if (version === 1 && this.#documents.size >= this.#maxEntries)
      throw unavailable('holds maxEntries documents')
    this.#documents.set(name, { text, version })
    this.#revocations.feed.publish({ kind: 'document', name, version }, STORE_LIMITS.markFor)
    return true
  }

  async remember(id: string, lastsFor: number): Promise<boolean> {
    this.#beginWrite()
    if (this.#once.get(id)) return false
    if (this.#once.size >= this.#maxEntries) throw unavailable('holds maxEntries one-time ids')
    this.#once.set(id, true, this.#now() + lastsFor)
    return true
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#revocations.feed.close()
  }

  /** The first reason of the port's table that applies; the cap is looked at afterwards. */
  #refusal(record: SessionRecord): Exclude<Insertion['outcome'], 'inserted' | 'full'> | undefined {
    if (this.#revocations.hasTombstone(record.id)) return 'revoked'
    if (this.#table.live(record.id)) return 'taken'
    const { epoch = record.epoch, revokedAt = Number.NEGATIVE_INFINITY } =
      this.#table.subject(record.subject) ?? {}
    const isOutdated = record.takeover !== undefined && record.authenticatedAt <= revokedAt
    const isSuperseded = record.epoch !== epoch || record.expiresAt <= this.#now() || isOutdated
    return isSuperseded ? 'superseded' : undefined
  }

  #revokeSubject(target: SubjectTarget, { markFor }: RevocationLife): Revoked {
    const { kind, subject, keep } = target
    const now = this.#now()
    const row = this.#table.subject(subject)
    // Where sessions end, or an older mark is replaced, there is always room.
    if (!row?.sessions.size && !this.#revocations.markOf(target)) this.#revocations.expectRoom()
    const epoch = Math.max(now, (row?.epoch ?? now) + 1)
    const named = keep === undefined ? {} : { keep }
    const mark = this.#revocations.feed.publish({ kind, subject, ...named, epoch }, markFor)
    this.#table.raise(subject, { epoch, until: now + markFor, keep })
    return { mark, changed: true }
  }

  #expectOpen(): void {
    if (this.#isClosed) throw unavailable('is closed')
  }

  #beginWrite(): void {
    this.#expectOpen()
    if (this.#timer === undefined) this.#sweepAfter(SWEEP_PAUSE)
  }

  #sweepAfter(pause: number): void {
    this.#timer = setTimeout(() => this.#sweep(), pause)
    ;(this.#timer as { unref?(): void }).unref?.()
  }

  /** Goes on until the store is empty: an idle process has no timer. */
  #sweep(): void {
    const swept = [this.#table, this.#revocations, this.#once].map((part) => part.sweep())
    const left = this.#table.size + this.#table.subjects + this.#revocations.size + this.#once.size
    this.#timer = undefined
    if (left > 0) this.#sweepAfter(swept.every(Boolean) ? SWEEP_PAUSE : SHORT_PAUSE)
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
