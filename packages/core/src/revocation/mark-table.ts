/** The marks that are in force, in memory: three maps, looked up in constant time. */

import type { FeedMark, RevocationQuery } from '../store/token-store.js'

interface Entry {
  readonly expiresAt: number
  /** Sessions of an older epoch are dead; tokens and sessions have none. */
  readonly epoch: number
}

/** Marks by what they kill. */
export interface MarkTable {
  readonly size: number
  add(mark: FeedMark): void
  /** Whether a mark kills the token. */
  kills(query: RevocationQuery): boolean
  /** Drops what no living token can be concerned by any more. */
  prune(now: number): void
}

/** One key for a mark, whatever is in its texts. */
const keyOf = (mark: FeedMark): string => {
  if (mark.kind === 'subject') return JSON.stringify(['subject', mark.subject])
  return mark.kind === 'session' ? JSON.stringify(['session', mark.sessionId]) : tokenKey(mark)
}
const tokenKey = ({ sessionId, tokenId }: { readonly sessionId: string; readonly tokenId: string }): string =>
  JSON.stringify(['token', sessionId, tokenId])

/** Creates an empty table. */
export const createMarkTable = (): MarkTable => {
  const entries = new Map<string, Entry>()
  return {
    get size() {
      return entries.size
    },
    add: (mark) => {
      const key = keyOf(mark)
      const old = entries.get(key)
      const epoch = mark.kind === 'subject' ? mark.epoch : 0
      const entry = {
        epoch: Math.max(epoch, old?.epoch ?? 0),
        expiresAt: Math.max(mark.expiresAt, old?.expiresAt ?? 0),
      }
      entries.delete(key)
      entries.set(key, entry)
    },
    kills: (query) => {
      const { subject, sessionId, epoch } = query
      return (
        entries.has(JSON.stringify(['session', sessionId])) ||
        entries.has(tokenKey(query)) ||
        epoch < (entries.get(JSON.stringify(['subject', subject]))?.epoch ?? 0)
      )
    },
    prune: (now) => {
      // In the order of arrival, which is nearly that of expiry: the first that lives ends the search.
      for (const [key, { expiresAt }] of entries) {
        if (expiresAt > now) break
        entries.delete(key)
      }
    },
  }
}
