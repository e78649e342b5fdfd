/** Watches: a connection that outlives its request ends with its session. Indexed by what a mark names; one timer for all. */

import type { FeedMark } from '../store/token-store.js'
import type { OpenedToken } from '../token/open.js'

/** Why a watch ended: the session was revoked, its token ended unrenewed, or (with `whenUnknown: 'end'`) neither could be told. */
export type EndReason = 'revoked' | 'expired' | 'unknown'

/** One connection under watch. */
export interface Watcher {
  readonly tokenId: string
  readonly sessionId: string
  readonly subject: string
  readonly epoch: number
  /** When the latest token of the session ends, in milliseconds. */
  readonly expiresAt: number
  readonly whenUnknown: 'keep' | 'end'
  readonly end: (reason: EndReason) => unknown
}

/** All watches of this process. */
export interface Watchers {
  readonly size: number
  /** Begins a watch and gives the function that stops it. */
  add(watcher: Watcher): WatchHandle
  /** A mark has arrived. */
  marked(mark: FeedMark): void
  /** The copy of the revocations has grown too old to tell. */
  unknown(): void
  /** A token of a session was accepted: its watches last at least as long. */
  seen(opened: OpenedToken): void
  /** Stops all watches without ending them. */
  close(): void
}

/** Stops a watch, or lets it last as long as a newer token of the same session. */
export interface WatchHandle {
  stop(): void
  renew(opened: OpenedToken): boolean
}

/** Ends that are called in one go; more wait for the next turn of the event loop. */
const BATCH = 256
/** Longest delay that a timer takes, in milliseconds. */
const LONGEST_TIMER = 0x7fffffff

type State = { watcher: Watcher; expiresAt: number; tokenId: string; epoch: number }

/** Sets of entries by a key, empty ones dropped. */
class Index<K> {
  readonly #sets = new Map<K, Set<State>>()
  get(key: K): readonly State[] {
    return [...(this.#sets.get(key) ?? [])]
  }
  has(key: K): boolean {
    return this.#sets.has(key)
  }
  keys(): Iterable<K> {
    return this.#sets.keys()
  }
  add(key: K, state: State): void {
    this.#sets.set(key, (this.#sets.get(key) ?? new Set()).add(state))
  }
  delete(key: K, state: State): void {
    const set = this.#sets.get(key)
    if (set?.delete(state) && set.size === 0) this.#sets.delete(key)
  }
}

/** Whether a mark kills the token that a watch stands on. A subject's spares the session to keep: it goes on until its token ends. */
const kills = (mark: FeedMark, { watcher, tokenId, epoch }: State): boolean => {
  if (mark.kind === 'session') return true
  if (mark.kind === 'token') return mark.tokenId === tokenId
  return mark.kind === 'subject' && epoch < mark.epoch && mark.keep !== watcher.sessionId
}

/** Creates an empty set of watches. @param now - the clock of tokens, in milliseconds @param leeway - in seconds */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createWatchers = (now: () => number, leeway: number): Watchers => {
  const states = new Set<State>()
  const bySession = new Index<string>()
  const bySubject = new Index<string>()
  /** By the second in which they end. */
  const byEnd = new Index<number>()
  const ending: (() => void)[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let timerAt = Number.POSITIVE_INFINITY

  const endSecond = ({ expiresAt }: State): number => Math.ceil(expiresAt / 1000 + leeway)

  const forget = (state: State): boolean => {
    if (!states.delete(state)) return false
    bySession.delete(state.watcher.sessionId, state)
    bySubject.delete(state.watcher.subject, state)
    byEnd.delete(endSecond(state), state)
    return true
  }

  /** In batches: ten thousand closing sockets must not hold up the requests of others. */
  const drain = (): void => {
    for (const end of ending.splice(0, BATCH)) end()
    if (ending.length > 0) setTimeout(drain, 0)
  }

  const end = (state: State, reason: EndReason): void => {
    if (!forget(state)) return
    const call = async () => state.watcher.end(reason)
    // What one end does, throws or never settles stops no other.
    ending.push(() => void call().catch(() => undefined))
    if (ending.length === 1) queueMicrotask(drain)
  }

  const arm = (second: number): void => {
    if (second >= timerAt) return
    clearTimeout(timer)
    timerAt = second
    timer = setTimeout(expire, Math.min(LONGEST_TIMER, Math.max(0, second * 1000 - now())))
    ;(timer as { unref?(): void }).unref?.()
  }

  const expire = (): void => {
    timerAt = Number.POSITIVE_INFINITY
    let next = Number.POSITIVE_INFINITY
    for (const second of [...byEnd.keys()]) {
      if (second * 1000 <= now()) for (const state of byEnd.get(second)) end(state, 'expired')
      else next = Math.min(next, second)
    }
    if (Number.isFinite(next)) arm(next)
  }

  const extend = (state: State, { principal, epoch }: OpenedToken): void => {
    if (principal.expiresAt < state.expiresAt) return
    byEnd.delete(endSecond(state), state)
    Object.assign(state, { expiresAt: principal.expiresAt, tokenId: principal.tokenId, epoch })
    byEnd.add(endSecond(state), state)
  }

  return {
    get size() {
      return states.size
    },
    add: (watcher) => {
      const { expiresAt, tokenId, epoch } = watcher
      const state: State = { watcher, expiresAt, tokenId, epoch }
      states.add(state)
      bySession.add(watcher.sessionId, state)
      bySubject.add(watcher.subject, state)
      byEnd.add(endSecond(state), state)
      arm(endSecond(state))
      return {
        stop: () => void forget(state),
        renew: (opened) => {
          if (!states.has(state) || opened.principal.sessionId !== watcher.sessionId) return false
          extend(state, opened)
          return true
        },
      }
    },
    marked: (mark) => {
      if (states.size === 0 || mark.kind === 'document') return
      const named = mark.kind === 'subject' ? bySubject.get(mark.subject) : bySession.get(mark.sessionId)
      for (const state of named) if (kills(mark, state)) end(state, 'revoked')
    },
    unknown: () => {
      for (const state of [...states]) if (state.watcher.whenUnknown === 'end') end(state, 'unknown')
    },
    seen: (opened) => {
      if (states.size === 0 || !bySession.has(opened.principal.sessionId)) return
      for (const state of bySession.get(opened.principal.sessionId)) extend(state, opened)
    },
    close: () => {
      clearTimeout(timer)
      for (const state of [...states]) forget(state)
    },
  }
}
