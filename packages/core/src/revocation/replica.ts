/** The replica: this process's own copy of all marks in force, fed by polling the store, asked without a round trip. */

import type { Emit } from '../audit/emit.js'
import type { FeedMark, FeedPage, RevocationQuery, TokenStore } from '../store/token-store.js'
import { createPoller } from './poller.js'
import { createMarkTable } from './table.js'

/** More marks than this are not held; the store is asked instead. */
const MAX_MARKS = 1_000_000
const KINDS: readonly string[] = ['token', 'session', 'subject', 'document'] satisfies FeedMark['kind'][]

/** What a replica works with. */
export interface ReplicaNeeds {
  readonly store: Pick<TokenStore, 'marks' | 'onMarks'>
  /** In seconds. */
  readonly maxStaleness: number
  /** A clock that is never set back, in milliseconds. */
  readonly monotonic: () => number
  readonly emit: Emit
  /** Told of every mark, after it is in force. */
  readonly onMark?: (mark: FeedMark) => void
  /** Told once when the copy has grown too old to tell. */
  readonly onStale?: () => void
  /** Default: {@link MAX_MARKS}. */
  readonly maxMarks?: number
}

/** A copy of the revocation feed. */
export interface Replica {
  /** Raised with every mark that is applied. */
  readonly version: number
  /** Whether the copy is recent and whole. Asked each time: staleness is time, not a version. */
  readonly isComplete: boolean
  /** Whether a token is revoked; undefined where the copy cannot say and the store must be asked. */
  isRevoked(query: RevocationQuery): boolean | undefined
  /** Applies a mark of this process at once, without waiting for it to come back through the feed. */
  apply(mark: FeedMark): void
  /** Stops polling. */
  close(): void
}

/** A store without a feed: every question goes to the store. */
const blind: Replica = {
  version: 0,
  isComplete: false,
  isRevoked: () => undefined,
  apply: () => undefined,
  close: () => undefined,
}

/** How much of the feed this process has read, and whether that is recent enough. */
class Freshness {
  readonly #needs: ReplicaNeeds
  /** When the last answered poll was sent: what happened before then is known. */
  #knownUntil = Number.NEGATIVE_INFINITY
  #stale = false

  constructor(needs: ReplicaNeeds) {
    this.#needs = needs
  }

  get isFresh(): boolean {
    const { monotonic, maxStaleness } = this.#needs
    return monotonic() - this.#knownUntil <= maxStaleness * 1000
  }

  answered(sentAt: number, marks: number): void {
    this.#knownUntil = sentAt
    if (this.#stale) this.#needs.emit({ type: 'replica_caught_up', marks })
    this.#stale = false
  }

  /** Announces, once, that the copy has grown too old; one that never was there has not grown old. */
  failed(): void {
    if (this.#stale || this.isFresh || this.#knownUntil === Number.NEGATIVE_INFINITY) return
    this.#stale = true
    const { emit, maxStaleness, onStale } = this.#needs
    emit({ type: 'replica_stale', maxStaleness })
    onStale?.()
  }
}

/** Creates a replica. It does nothing until it is first asked, and its timers never keep a process alive. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createReplica = (needs: ReplicaNeeds): Replica => {
  const { store, monotonic, emit, maxMarks = MAX_MARKS } = needs
  if (!store.marks) return blind
  const table = createMarkTable()
  const freshness = new Freshness(needs)
  let version = 0
  /** Set while marks are missing that did not fit; the next whole reading that fits clears it. */
  let overflowed = false
  let strangeSeen = false

  /** A kind that a newer release writes: what it names is refused as a whole, because less might be too little. */
  const understood = (mark: FeedMark): FeedMark | null => {
    if (KINDS.includes(mark?.kind)) return mark
    if (!strangeSeen)
      emit({
        type: 'store_warning',
        message: 'The feed holds marks of a kind that this release does not know.',
      })
    strangeSeen = true
    const { sessionId, subject, lastsFor } = Object(mark) as Record<string, unknown>
    if (typeof lastsFor !== 'number') return null
    if (typeof sessionId === 'string') return { kind: 'session', sessionId, lastsFor }
    return typeof subject === 'string'
      ? { kind: 'subject', subject, epoch: Number.MAX_SAFE_INTEGER, lastsFor }
      : null
  }

  const apply = (given: FeedMark): void => {
    const mark = understood(given)
    if (!mark) return
    version += 1
    if (table.size < maxMarks) table.add(mark, monotonic())
    else overflowed = true
    needs.onMark?.(mark)
  }

  const read = (page: FeedPage, sentAt: number, first: boolean): string | undefined => {
    if (first) overflowed = false
    for (const mark of page.marks) apply(mark)
    table.prune(monotonic())
    freshness.answered(sentAt, table.size)
    // What did not fit was not kept: once there is room again, everything retained is read anew.
    return overflowed && table.size <= maxMarks / 2 ? undefined : page.cursor
  }

  let whole = true
  const poller = createPoller({
    store,
    monotonic,
    read: (page, sentAt) => {
      const cursor = read(page, sentAt, whole)
      whole = cursor === undefined
      return cursor
    },
    failed: () => freshness.failed(),
  })

  return {
    get version() {
      return version
    },
    get isComplete() {
      return freshness.isFresh && !overflowed
    },
    isRevoked(query) {
      poller.start()
      return table.kills(query) || (this.isComplete ? false : undefined)
    },
    apply,
    close: () => poller.stop(),
  }
}
