/** The replica: this process's own copy of all marks in force, fed by polling the store, asked without a round trip. */

import { withinDeadline } from '../deadline.js'
import type { Emit } from '../events.js'
import type { FeedMark, RevocationQuery, TokenStore } from '../store/token-store.js'
import { createMarkTable } from './mark-table.js'

/** Pause between two polls, in milliseconds. */
export const POLL_INTERVAL = 500
/** How long one poll may take, in milliseconds. */
const POLL_DEADLINE = 1000
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
  if (!store.marks) return blind
  const table = createMarkTable()
  const freshness = new Freshness(dependencies)
  let cursor: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let started = false
  let closed = false

  const poll = async (): Promise<void> => {
    const sentAt = monotonic()
    try {
      const page = await withinDeadline(
        (store.marks as NonNullable<typeof store.marks>)(cursor),
        POLL_DEADLINE,
      )
      for (const mark of page.marks) table.add(mark)
      cursor = page.cursor
      table.prune(now())
      freshness.answered(sentAt, table.size)
    } catch {
      // The next poll tells.
      freshness.failed()
    }
    if (!closed) timer = unref(setTimeout(poll, POLL_INTERVAL))
  }

  return {
    isRevoked: (query) => {
      if (!started) void poll()
      started = true
      if (table.kills(query)) return true
      return freshness.isFresh && table.size <= MAX_MARKS ? false : undefined
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
