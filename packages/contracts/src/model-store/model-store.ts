/** The store contract as the shortest program that keeps it: rows in one list, nothing clever, nothing fast. For tests. */

import {
  type FeedMark,
  type Insertion,
  type RevocationLife,
  type RevocationQuery,
  type RevocationTarget,
  type Revoked,
  type SessionCap,
  type SessionMark,
  type SessionRecord,
  type SessionTarget,
  STORE_LIMITS,
  type SubjectTarget,
  type TokenStore,
} from '@auth/core'
import { type KeptMark, keyOf, Rows } from './rows.js'

/** A store that has every optional method but `warnings`. */
export type ModelStore = Required<Omit<TokenStore, 'warnings'>>

const LOGIN_LIFE = 3_600_000

class Model implements ModelStore {
  readonly volatile = true
  readonly #rows: Rows
  readonly #now: () => number
  readonly #wakes = new Set<{ wake: () => void }>()
  #published = 0

  constructor(now: () => number) {
    this.#rows = new Rows(now)
    this.#now = now
  }

  insert = async (record: SessionRecord, cap: SessionCap): Promise<Insertion> => {
    const refused = this.#refusal(record)
    if (refused) return { outcome: refused, evicted: [] }
    const surplus = this.#surplus(record.subject, cap.max)
    const isFull = cap.whenFull === 'deny' && surplus.some(({ idleExpiresAt }) => this.#now() < idleExpiresAt)
    if (isFull) return { outcome: 'full', evicted: [] }
    const evicted = surplus.map(({ id: sessionId }) =>
      this.#revokeSession({ kind: 'session', sessionId }, cap),
    )
    const epoch = this.#rows.subject(record.subject)?.epoch ?? record.epoch
    this.#rows.putSubject(record.subject, { epoch }, record.expiresAt)
    this.#rows.putSession(record)
    return { outcome: 'inserted', evicted: evicted.map(({ mark }) => mark as SessionMark) }
  }

  find = async (id: string) => {
    const record = this.#rows.session(id) ?? null
    const epoch = (record && this.#rows.subject(record.subject)?.epoch) ?? Number.MAX_SAFE_INTEGER
    return { record, epoch, now: this.#now() }
  }

  replace = async (record: SessionRecord, expectedVersion: number): Promise<boolean> => {
    const current = this.#rows.session(record.id)
    const epoch = this.#rows.subject(record.subject)?.epoch ?? Number.MAX_SAFE_INTEGER
    if (current?.version !== expectedVersion || record.epoch < epoch) return false
    this.#rows.putSession(record)
    return true
  }

  list = async (subject: string): Promise<SessionRecord[]> => {
    const live = this.#rows.sessionsOf(subject).filter(({ idleExpiresAt }) => this.#now() < idleExpiresAt)
    return live.sort((a, b) => b.createdAt - a.createdAt).slice(0, STORE_LIMITS.listed)
  }

  epoch = async (subject: string) => {
    const now = this.#now()
    const epoch = this.#rows.subject(subject)?.epoch ?? now
    this.#rows.putSubject(subject, { epoch }, now + LOGIN_LIFE)
    return { epoch, now }
  }

  revoke = async (target: RevocationTarget, life: RevocationLife): Promise<Revoked> => {
    if (target.kind === 'subject') return this.#revokeSubject(target, life)
    if (target.kind === 'session') return this.#revokeSession(target, life)
    const changed = this.#rows.get('mark', keyOf(target)) === undefined
    const { kind, sessionId, tokenId } = target
    return { mark: this.#markOnce({ kind, sessionId, tokenId }, life.markFor), changed }
  }

  isRevoked = async ({ sessionId, tokenId, subject, epoch }: RevocationQuery): Promise<boolean> =>
    this.#rows.session(sessionId) === undefined ||
    epoch < (this.#rows.subject(subject)?.epoch ?? Number.MAX_SAFE_INTEGER) ||
    this.#rows.get('mark', keyOf({ kind: 'token', sessionId, tokenId })) !== undefined

  marks = async (cursor?: string) => {
    const from = cursor !== undefined && Number(cursor) <= this.#published ? Number(cursor) : 0
    const rows = this.#rows.live('mark').filter(({ value }) => value.position > from)
    const oldestFirst = rows.sort((a, b) => a.value.position - b.value.position)
    return { marks: oldestFirst.map(({ key }) => this.#given(key)), cursor: String(this.#published) }
  }

  onMarks = (wake: () => void): (() => void) => {
    const subscription = { wake }
    this.#wakes.add(subscription)
    return () => void this.#wakes.delete(subscription)
  }

  document = async (name: string) => {
    const { text = null, version = 0 } = this.#rows.get('document', name)?.value ?? {}
    return { text, version, now: this.#now() }
  }

  putDocument = async (name: string, text: string, expectedVersion: number): Promise<boolean> => {
    const version = (this.#rows.get('document', name)?.value.version ?? 0) + 1
    if (version !== expectedVersion + 1) return false
    this.#publish({ kind: 'document', name, version }, STORE_LIMITS.markFor)
    const expiresAt = Number.POSITIVE_INFINITY
    this.#rows.put({ kind: 'document', key: name, value: { text, version }, expiresAt })
    return true
  }

  remember = async (id: string, lastsFor: number): Promise<boolean> => {
    if (this.#rows.get('once', id)) return false
    this.#rows.put({ kind: 'once', key: id, value: true, expiresAt: this.#now() + lastsFor })
    return true
  }

  close = async (): Promise<void> => this.#wakes.clear()

  /** The first reason of the port's table that applies; the cap is looked at afterwards. */
  #refusal(record: SessionRecord): Exclude<Insertion['outcome'], 'inserted' | 'full'> | undefined {
    if (this.#rows.get('session', record.id)?.value === null) return 'revoked'
    if (this.#rows.session(record.id)) return 'taken'
    const { epoch = record.epoch, revokedAt = Number.NEGATIVE_INFINITY } =
      this.#rows.subject(record.subject) ?? {}
    const isOutdated = record.takeover !== undefined && record.authenticatedAt <= revokedAt
    const isSuperseded = record.epoch !== epoch || record.expiresAt <= this.#now() || isOutdated
    return isSuperseded ? 'superseded' : undefined
  }

  /** The sessions that have to go before one more fits: idle ones first, then those refreshed least recently. */
  #surplus(subject: string, max: number): SessionRecord[] {
    const isIdle = ({ idleExpiresAt }: SessionRecord) => Number(idleExpiresAt <= this.#now())
    const sessions = this.#rows.sessionsOf(subject)
    const firstToGo = sessions.sort((a, b) => isIdle(b) - isIdle(a) || a.rotatedAt - b.rotatedAt)
    return firstToGo.slice(0, Math.max(0, sessions.length + 1 - max))
  }

  #revokeSession(
    { sessionId, subject }: SessionTarget,
    { markFor, tombstoneFor = 0 }: RevocationLife,
  ): Revoked {
    const session = this.#rows.session(sessionId)
    const owner = session?.subject ?? subject
    if (subject !== undefined && owner !== subject) return { mark: null, changed: false }
    const named = owner === undefined ? {} : { subject: owner }
    const mark = this.#markOnce({ kind: 'session', sessionId, ...named }, markFor)
    const row = this.#rows.get('session', sessionId)
    const until = Math.max(this.#now() + tombstoneFor, row?.value === null ? row.expiresAt : 0)
    this.#rows.put({ kind: 'session', key: sessionId, value: null, expiresAt: until })
    return { mark, changed: session !== undefined }
  }

  #revokeSubject({ kind, subject, keep }: SubjectTarget, { markFor }: RevocationLife): Revoked {
    const now = this.#now()
    const kept = keep === undefined ? undefined : this.#rows.session(keep)
    const epoch = Math.max(now, (this.#rows.subject(subject)?.epoch ?? now) + 1)
    const mark = this.#publish({ kind, subject, ...(keep === undefined ? {} : { keep }), epoch }, markFor)
    this.#rows.putSubject(subject, { epoch, revokedAt: now }, now + markFor)
    if (kept?.subject === subject) this.#rows.putSession({ ...kept, epoch, version: kept.version + 1 })
    return { mark: mark as Revoked['mark'], changed: true }
  }

  /** A token or a session whose mark still lasts gets no second one. */
  #markOnce(mark: Extract<KeptMark, { kind: 'token' | 'session' }>, lastsFor: number): Revoked['mark'] {
    const known = this.#rows.get('mark', keyOf(mark)) !== undefined
    return (known ? this.#given(keyOf(mark)) : this.#publish(mark, lastsFor)) as Revoked['mark']
  }

  /** Enters a mark at the end of the feed, in the place of an older one of the same target. */
  #publish(mark: KeptMark, lastsFor: number): FeedMark {
    this.#published += 1
    const value = { position: this.#published, mark }
    this.#rows.put({ kind: 'mark', key: keyOf(mark), value, expiresAt: this.#now() + lastsFor })
    for (const { wake } of this.#wakes) wake()
    return this.#given(keyOf(mark))
  }

  /** A mark as it is given out at this moment. */
  #given(key: string): FeedMark {
    const row = this.#rows.get('mark', key)
    return { ...row?.value.mark, lastsFor: (row?.expiresAt ?? 0) - this.#now() } as FeedMark
  }
}

/** A `TokenStore` to compare others with. @param now - the clock, in milliseconds. Default: `Date.now`. */
export const modelStore = (now: () => number = Date.now): ModelStore => new Model(now)
