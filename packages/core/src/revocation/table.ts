/** The marks that are in force, in memory: a map for each kind, looked up in constant time. */

import type { FeedMark, RevocationQuery } from '../store/token-store.js'

/** Until when a mark is kept, by a clock that is never set back, in milliseconds. */
type Until = number

interface SubjectEntry {
  /** Sessions of an older epoch are dead. */
  readonly epoch: number
  readonly until: Until
}

/** Marks by what they kill. */
export interface MarkTable {
  readonly size: number
  /** Adds a mark or makes a known one last longer. @param now - on a clock that is never set back */
  add(mark: FeedMark, now: number): void
  /** Whether a mark kills the token. */
  kills(query: RevocationQuery): boolean
  /** Drops what no living token can be concerned by any more. */
  prune(now: number): void
}

/** In the order of arrival, which is nearly that of expiry: the first that lasts ends the search. */
const pruneMap = <V>(entries: Map<string, V>, now: number, untilOf: (entry: V) => Until): void => {
  for (const [key, entry] of entries) {
    if (untilOf(entry) > now) return
    entries.delete(key)
  }
}

/** Sets an entry behind all others, so that the order of the map stays that of arrival. */
const setLast = <V>(entries: Map<string, V>, key: string, entry: V): void => {
  entries.delete(key)
  entries.set(key, entry)
}

/** A token's key: the length of the first part keeps any two pairs apart. */
const tokenKey = (sessionId: string, tokenId: string): string => `${sessionId.length} ${sessionId}${tokenId}`

/** Creates an empty table. */
export const createMarkTable = (): MarkTable => {
  const sessions = new Map<string, Until>()
  const tokens = new Map<string, Until>()
  const subjects = new Map<string, SubjectEntry>()
  return {
    get size() {
      return sessions.size + tokens.size + subjects.size
    },
    add: (mark, now) => {
      const until = now + mark.lastsFor
      if (mark.kind === 'session') {
        setLast(sessions, mark.sessionId, Math.max(until, sessions.get(mark.sessionId) ?? 0))
      } else if (mark.kind === 'token') {
        const key = tokenKey(mark.sessionId, mark.tokenId)
        setLast(tokens, key, Math.max(until, tokens.get(key) ?? 0))
      } else if (mark.kind === 'subject') {
        const known = subjects.get(mark.subject)
        setLast(subjects, mark.subject, {
          epoch: Math.max(mark.epoch, known?.epoch ?? 0),
          until: Math.max(until, known?.until ?? 0),
        })
      }
    },
    kills: ({ subject, sessionId, tokenId, epoch }) =>
      sessions.has(sessionId) ||
      (tokens.size > 0 && tokens.has(tokenKey(sessionId, tokenId))) ||
      epoch < (subjects.get(subject)?.epoch ?? 0),
    prune: (now) => {
      pruneMap(sessions, now, (until) => until)
      pruneMap(tokens, now, (until) => until)
      pruneMap(subjects, now, ({ until }) => until)
    },
  }
}
