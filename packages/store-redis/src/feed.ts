/** The feed: marks are entered, read on from a cursor, and announced. Documents lie beside it, because it reports them. */

import { type FeedMark, type FeedPage, STORE_LIMITS, type StoredDocument } from '@auth/core'
import { type Keys, targetName } from './keys.js'
import type { RunScript } from './run-script.js'
import { DOCUMENT, PUBLISH, PUT_DOCUMENT, READ } from './scripts/feed.js'

/** A mark without the time that is left of it. */
type Bare<M> = M extends unknown ? Omit<M, 'lastsFor'> : never

/** A mark that is to be entered. */
export interface NewMark {
  readonly mark: Bare<FeedMark>
  /** How long it lasts, in milliseconds. */
  readonly life: number
  /** How long the known mark of the target must still last to be left as it is, in milliseconds. Default: 1. */
  readonly least?: number
}

/** Entries read with one command. */
const PAGE = 1000
/** The last entry that was read, and the history in which it was read. */
const CURSOR = /^(\d{1,16}-\d{1,16})@(\w{0,64})$/

/** What a feed works with. */
export interface FeedNeeds {
  readonly run: RunScript
  readonly keys: Keys
  /** Where new marks are announced. */
  readonly channel: string
}

/** The feed under one prefix. */
export interface Feed {
  /** Enters marks in one step. Resolves to those in force, which may be older ones. */
  publish(marks: readonly NewMark[]): Promise<FeedMark[]>
  read(cursor?: string): Promise<FeedPage>
  document(name: string): Promise<StoredDocument>
  putDocument(name: string, text: string, expectedVersion: number): Promise<boolean>
}

/** A mark as it is given out; null for a line of another making, and for what is no object with a kind. */
const markOf = (json: string | undefined, lastsFor: number): FeedMark | null => {
  try {
    const mark = JSON.parse(json ?? '')
    // A kind that a later release writes is handed on: what to make of it is for the library to say.
    return typeof mark?.kind === 'string' && lastsFor > 0 ? { ...mark, lastsFor } : null
  } catch {
    return null
  }
}

/** The rank of a mark: revocations of one subject may arrive in another order than their epochs. */
const rankOf = (mark: Bare<FeedMark>): number => (mark.kind === 'subject' ? mark.epoch : 0)

/** Opens the feed. */
export const createFeed = ({ run, keys, channel }: FeedNeeds): Feed => {
  const publish: Feed['publish'] = async (marks) => {
    const strings = marks.flatMap(({ mark, life, least = 1 }) => [
      targetName(mark as FeedMark),
      rankOf(mark),
      Math.floor(least),
      Math.ceil(life),
      JSON.stringify(mark),
    ])
    const reply = await run(PUBLISH, [keys.feed, keys.targets], [channel, ...strings])
    return (reply as [string, number][]).map(([json, left]) => ({ ...JSON.parse(json), lastsFor: left }))
  }

  const read: Feed['read'] = async (cursor = '') => {
    const marks: FeedMark[] = []
    let [, last = '', history = ''] = CURSOR.exec(cursor) ?? []
    for (;;) {
      const reply = await run(READ, [keys.feed], [last, history, PAGE])
      const [now, present, page] = reply as [string, string, [string, string[]][]]
      history = present
      for (const [id, [, , , json, , end]] of page) {
        const mark = markOf(json, Number(end) - Number(now))
        if (mark) marks.push(mark)
        last = id
      }
      if (page.length < PAGE) return { marks, cursor: last && `${last}@${history}` }
    }
  }

  const document: Feed['document'] = async (name) => {
    const [now, stored] = (await run(DOCUMENT, [keys.document(name)], [])) as [string, string | null]
    if (!stored) return { text: null, version: 0, now: Number(now) }
    const space = stored.indexOf(' ')
    return { text: stored.slice(space + 1), version: Number(stored.slice(0, space)), now: Number(now) }
  }

  const putDocument: Feed['putDocument'] = async (name, text, expectedVersion) => {
    const mark = { kind: 'document', name, version: expectedVersion + 1 } as const
    const names = [keys.feed, keys.targets, keys.document(name)]
    const entry = [targetName(mark as FeedMark), STORE_LIMITS.markFor, JSON.stringify(mark)]
    return (await run(PUT_DOCUMENT, names, [channel, expectedVersion, text, ...entry])) === 1
  }

  return { publish, read, document, putDocument }
}
