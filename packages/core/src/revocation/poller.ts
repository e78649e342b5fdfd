/** The poll of the feed: one reading at a time, twice a second, and at once where the store says that something is new. */

import { withinDeadline } from '../deadline.js'
import type { FeedPage, TokenStore } from '../store/token-store.js'

/** Pause between two polls, in milliseconds. */
export const POLL_INTERVAL = 500
/** After this a poll counts as failed, in milliseconds. */
const POLL_DEADLINE = 1000
/** How much longer its answer is waited for before another poll, in milliseconds. */
const POLL_PATIENCE = 4000
/** Shortest pause between two polls, in milliseconds, however often the store wakes; as much again at random. */
const WAKE_FLOOR = 10

/** What a poller works with. */
export interface PollerNeeds {
  readonly store: Pick<TokenStore, 'marks' | 'onMarks'>
  /** A clock that is never set back, in milliseconds. */
  readonly monotonic: () => number
  /** Takes a page and gives the cursor to go on from. @param sentAt - when the poll was sent */
  readonly read: (page: FeedPage, sentAt: number) => string | undefined
  /** A poll has failed, or has no answer yet. */
  readonly failed: () => void
}

/** Polls a feed. */
export interface Poller {
  /** Begins at the first call; does nothing afterwards. */
  start(): void
  stop(): void
}

/** Creates a poller. Its timers never keep a process alive. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createPoller = ({ store, monotonic, read, failed }: PollerNeeds): Poller => {
  let state: 'new' | 'waiting' | 'polling' | 'woken' | 'stopped' = 'new'
  let cursor: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let unsubscribe: (() => void) | undefined
  /** Until when no wake-up brings another poll, on the monotonic clock. */
  let pausedUntil = 0

  const wait = (milliseconds: number): void => {
    clearTimeout(timer)
    timer = setTimeout(poll, milliseconds)
    ;(timer as { unref?(): void }).unref?.()
  }

  /** Not at once: each process reads at another instant, and a storm of marks is read together. */
  const waitBriefly = (): void => wait(Math.max(0, pausedUntil - monotonic()) + Math.random() * WAKE_FLOOR)

  const ask = async (sentAt: number): Promise<void> => {
    // Inside the async function: a store that throws instead of rejecting must not end the polling.
    const page = await store.marks?.(cursor)
    if (page && state !== 'stopped') cursor = read(page, sentAt)
  }

  const poll = async (): Promise<void> => {
    state = 'polling'
    const reading = ask(monotonic())
    try {
      await withinDeadline(reading, POLL_DEADLINE, true)
    } catch {
      failed()
      // A long answer may still come, and counts from when it was asked for; a second reading beside it would not be faster.
      await withinDeadline(reading, POLL_PATIENCE, true).catch(() => undefined)
    }
    pausedUntil = monotonic() + WAKE_FLOOR
    if ((state as string) === 'woken') waitBriefly()
    else if ((state as string) === 'polling') {
      state = 'waiting'
      wait(POLL_INTERVAL)
    }
  }

  const wake = (): void => {
    if (state === 'waiting') waitBriefly()
    if (state === 'waiting' || state === 'polling') state = 'woken'
  }

  /** A hint that cannot be had is done without: the poll goes on. */
  const subscribe = (): void => {
    try {
      const given: unknown = store.onMarks?.(wake)
      if (typeof given === 'function') unsubscribe = given as () => void
      // A store that answers with a promise breaks the port; its rejection must not end the process.
      else Promise.resolve(given).catch(() => undefined)
    } catch {}
  }

  return {
    start: () => {
      if (state !== 'new') return
      void poll()
      subscribe()
    },
    stop: () => {
      state = 'stopped'
      clearTimeout(timer)
      unsubscribe?.()
    },
  }
}
