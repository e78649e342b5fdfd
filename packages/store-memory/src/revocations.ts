/** What was revoked in this process: the feed, the tombstones, and the room for both. */

import type {
  RevocationLife,
  RevocationTarget,
  Revoked,
  SessionMark,
  SessionTarget,
  TokenTarget,
} from '@auth/core'
import { ExpiringMap } from './expiring-map.js'
import { unavailable } from './failure.js'
import { type KeptMark, keyOf, MarkFeed } from './mark-feed.js'
import type { SessionRow, SessionTable } from './session-table.js'

/** Whose share a session id counts against: all ids of one subject have the same first part. */
const ownerOf = (sessionId: string): string => sessionId.split('.', 1)[0] as string

/** Marks and tombstones, with a share for each subject. */
export class Revocations {
  readonly feed: MarkFeed
  readonly #table: SessionTable
  readonly #now: () => number
  readonly #maxEntries: number
  /** Marks and tombstones that one subject may use. */
  readonly #share: number
  /** What of its share each owner has used; a subject and a document have one mark each, and need no share. */
  readonly #used = new Map<string, number>()
  /** Ids of ended sessions that `insert` refuses. */
  readonly #tombstones: ExpiringMap<string, string>

  constructor(
    table: SessionTable,
    { maxEntries, now }: { readonly maxEntries: number; readonly now: () => number },
  ) {
    this.#table = table
    this.#now = now
    this.#maxEntries = maxEntries
    this.#share = Math.max(20, Math.floor(maxEntries / 100))
    this.feed = new MarkFeed(now, (mark) => 'sessionId' in mark && this.#count(mark.sessionId, -1))
    this.#tombstones = new ExpiringMap(now, (id) => this.#count(id, -1))
  }

  /** Number of marks and tombstones, those included that have ended since the last sweep. */
  get size(): number {
    return this.feed.size + this.#tombstones.size
  }

  hasTombstone(sessionId: string): boolean {
    return this.#tombstones.get(sessionId) !== undefined
  }

  /** Whether a subject can use so many more entries of its share. */
  hasShare(sessionId: string, count: number): boolean {
    const fits = () => (this.#used.get(ownerOf(sessionId)) ?? 0) + count <= this.#share
    if (fits()) return true
    // What has ended since the last sweep is given back first.
    this.sweep()
    return fits()
  }

  /** The mark of a target that still lasts. */
  markOf<T extends RevocationTarget>(target: T) {
    return this.feed.get<T['kind']>(keyOf(target))
  }

  /** Room for what ends no session, and for one more login: each session that lives counts as the mark it may need. */
  expectRoom(): void {
    if (this.#table.size + this.size < 2 * this.#maxEntries) return
    throw unavailable('holds as many revocations as maxEntries allows')
  }

  revokeToken({ kind, sessionId, tokenId }: TokenTarget, { markFor }: RevocationLife): Revoked {
    const target = { kind, sessionId, tokenId }
    const known = this.markOf(target)
    if (known) return { mark: known, changed: false }
    this.#expectShare(sessionId)
    this.#count(sessionId, 1)
    return { mark: this.feed.publish(target, markFor), changed: true }
  }

  revokeSession({ sessionId, subject }: SessionTarget, life: RevocationLife): Revoked {
    const row = this.#table.live(sessionId)
    if (row && subject !== undefined && row.subject !== subject) return { mark: null, changed: false }
    if (row) return { mark: this.endSession(row, life), changed: true }
    const known = this.markOf({ kind: 'session', sessionId })
    if (!known || life.tombstoneFor) this.#expectShare(sessionId)
    const named = subject === undefined ? {} : { subject }
    const mark = known ?? this.#publish({ kind: 'session', sessionId, ...named }, life.markFor)
    this.#bury(sessionId, life)
    return { mark, changed: false }
  }

  /** Ends a session that lives. There is always room for it: its mark takes what its row gives back. */
  endSession(row: SessionRow, life: RevocationLife): SessionMark {
    const { id: sessionId, subject } = row
    const known = this.markOf({ kind: 'session', sessionId })
    // A session that was opened after its id was marked has tokens that outlive that mark.
    const isEnough = known && known.lastsFor >= life.markFor
    const mark = isEnough ? known : this.#publish({ kind: 'session', sessionId, subject }, life.markFor)
    this.#table.end(row)
    this.#bury(sessionId, life)
    return mark
  }

  /** Gives memory back. True where all that is due is gone. */
  sweep(): boolean {
    return [this.feed.sweep(), this.#tombstones.sweep()].every(Boolean)
  }

  #publish(mark: Extract<KeptMark, { kind: 'session' }>, lastsFor: number): SessionMark {
    if (!this.markOf(mark)) this.#count(mark.sessionId, 1)
    return this.feed.publish(mark, lastsFor)
  }

  /** A tombstone is never shortened. */
  #bury(sessionId: string, { tombstoneFor = 0 }: RevocationLife): void {
    if (tombstoneFor <= 0) return
    if (!this.hasTombstone(sessionId)) this.#count(sessionId, 1)
    const until = Math.max(this.#now() + tombstoneFor, this.#tombstones.expiryOf(sessionId))
    this.#tombstones.set(sessionId, sessionId, until)
  }

  #expectShare(sessionId: string): void {
    this.expectRoom()
    if (!this.hasShare(sessionId, 1))
      throw unavailable('holds as many revocations of this subject as it can; revoke the subject')
  }

  #count(sessionId: string, change: 1 | -1): void {
    const owner = ownerOf(sessionId)
    const used = (this.#used.get(owner) ?? 0) + change
    if (used > 0) this.#used.set(owner, used)
    else this.#used.delete(owner)
  }
}
