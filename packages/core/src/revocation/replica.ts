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

/** Creates a replica. It does nothing until it is first asked, and its timer never keeps a process alive. */
export const createReplica = (dependencies: ReplicaDependencies): Replica => {
  const { store, maxStaleness, now, monotonic, emit } = dependencies
  if (!store.marks) return blind
  const table = createMarkTable()
  let cursor: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let started = false
  let closed = false
  /** When the last answered poll was sent: what happened before then is known. */
  let knownUntil = Number.NEGATIVE_INFINITY
  let stale = false

  const isFresh = (): boolean => monotonic() - knownUntil <= maxStaleness * 1000

  const poll = async (): Promise<void> => {
    const sentAt = monotonic()
    try {
      const page = await withinDeadline(
        (store.marks as NonNullable<typeof store.marks>)(cursor),
        POLL_DEADLINE,
      )
      for (const mark of page.marks) table.add(mark)
      cursor = page.cursor
      knownUntil = sentAt
      table.prune(now())
      if (stale) emit({ type: 'replica_caught_up', marks: table.size })
      stale = false
    } catch {
      // The next poll tells; meanwhile the copy grows stale, which is announced once.
      announceStale()
    }
    if (!closed) timer = unref(setTimeout(poll, POLL_INTERVAL))
  }

  const announceStale = (): void => {
    if (stale || isFresh() || knownUntil === Number.NEGATIVE_INFINITY) return
    stale = true
    emit({ type: 'replica_stale', maxStaleness })
  }

  return {
    isRevoked: (query) => {
      if (!started) {
        started = true
        void poll()
      }
      if (table.kills(query)) return true
      return isFresh() && table.size <= MAX_MARKS ? false : undefined
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
