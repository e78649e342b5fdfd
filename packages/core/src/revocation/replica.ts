/** The replica: this process's own copy of all marks in force, fed by polling the store, asked without a round trip. */

import { withinDeadline } from '../deadline.js'
import type { Emit } from '../events.js'
import type { FeedMark, FeedPage, RevocationQuery, TokenStore } from '../store/token-store.js'
import { createMarkTable } from './mark-table.js'

/** Pause between two polls, in milliseconds. */
export const POLL_INTERVAL = 500
/** After this a poll counts as failed, in milliseconds. */
const POLL_DEADLINE = 1000
/** How much longer its answer is waited for before another poll, in milliseconds. */
const POLL_PATIENCE = 4000
/** More marks than this are not held; the store is asked instead. Some 20 MB. */
const MAX_MARKS = 100_000

/** What a replica works with. */
export interface ReplicaDependencies {
  readonly store: Pick<TokenStore, 'marks'>
  /** In seconds. */
  readonly maxStaleness: number
  /** The clock of marks, in milliseconds. */
  readonly now: () => number
  /** A clock that is never set back, in milliseconds. */
  readonly monotonic: () => number
  readonly emit: Emit
}

/** A copy of the revocation feed. */
export interface Replica {
  /** Whether a token is revoked; undefined where the copy cannot say and the store must be asked. */
  isRevoked(query: RevocationQuery): boolean | undefined
  /** Applies a mark of this process at once, without waiting for it to come back through the feed. */
  apply(mark: FeedMark): void
  /** Stops polling. */
  close(): void
}

/** A store without a feed: every question goes to the store. */
const blind: Replica = { isRevoked: () => undefined, apply: () => undefined, close: () => undefined }

/** How much of the feed this process has read, and whether that is recent enough. */
class Freshness {
  readonly #dependencies: ReplicaDependencies
  /** When the last answered poll was sent: what happened before then is known. */
  #knownUntil = Number.NEGATIVE_INFINITY
  #stale = false

  constructor(dependencies: ReplicaDependencies) {
    this.#dependencies = dependencies
  }

  get isFresh(): boolean {
    const { monotonic, maxStaleness } = this.#dependencies
    return monotonic() - this.#knownUntil <= maxStaleness * 1000
  }

  answered(sentAt: number, marks: number): void {
    this.#knownUntil = sentAt
    if (this.#stale) this.#dependencies.emit({ type: 'replica_caught_up', marks })
    this.#stale = false
  }

  /** Announces, once, that the copy has grown too old; one that never was there has not grown old. */
  failed(): void {
    if (this.#stale || this.isFresh || this.#knownUntil === Number.NEGATIVE_INFINITY) return
    this.#stale = true
    const { emit, maxStaleness } = this.#dependencies
    emit({ type: 'replica_stale', maxStaleness })
  }
}

/** Creates a replica. It does nothing until it is first asked, and its timer never keeps a process alive. */
export const createReplica = (dependencies: ReplicaDependencies): Replica => {
  const { store, now, monotonic } = dependencies
  const { marks } = store
  if (!marks) return blind
  const table = createMarkTable()
  const freshness = new Freshness(dependencies)
  let cursor: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let polling: Promise<void> | undefined
  let closed = false
  let overflowed = false

  const apply = (page: FeedPage, sentAt: number): void => {
    if (cursor === undefined) overflowed = false
    for (const mark of page.marks) {
      if (table.size < MAX_MARKS) table.add(mark)
      else overflowed = true
    }
    table.prune(now())
    freshness.answered(sentAt, table.size)
    // What did not fit was not kept: once there is room again, everything retained is read anew.
    cursor = overflowed && table.size <= MAX_MARKS / 2 ? undefined : page.cursor
  }

  const poll = async (): Promise<void> => {
    const sentAt = monotonic()
    const reading = marks.call(store, cursor).then((page) => apply(page, sentAt))
    try {
      await withinDeadline(reading, POLL_DEADLINE)
    } catch {
      freshness.failed()
      // A long answer may still come, and counts from when it was asked for; a second reading beside it would not be faster.
      await withinDeadline(reading, POLL_PATIENCE).catch(() => undefined)
    }
    if (!closed) timer = unref(setTimeout(poll, POLL_INTERVAL))
  }

  return {
    isRevoked: (query) => {
      if (!polling) polling = poll()
      const complete = freshness.isFresh && !overflowed
      return table.kills(query) || (complete ? false : undefined)
    },
    apply: (mark) => table.add(mark),
    close: () => {
      closed = true
      clearTimeout(timer)
    },
  }
}

const unref = <T>(timer: T): T => {
  ;(timer as { unref?(): void }).unref?.()
  return timer
}
