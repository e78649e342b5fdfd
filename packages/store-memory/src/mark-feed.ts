/** The revocation feed of one process: marks in the order in which they came, the newest of each target only. */

import type { DocumentMark, FeedMark, FeedPage, RevocationTarget } from '@auth/core'
import { ExpiringMap } from './expiring-map.js'

/** A mark without the time that is left of it. */
type Bare<M> = M extends unknown ? Omit<M, 'lastsFor'> : never
/** A mark as it is kept: how long it still lasts is counted when it is given out. */
export type KeptMark = Bare<FeedMark>

interface Entry {
  readonly position: number
  readonly mark: KeptMark
  readonly endsAt: number
  /** Replaced, or ended and swept. */
  isGone: boolean
}

/** One key for what a mark is about, whatever strings are in it. */
export const keyOf = (about: RevocationTarget | Pick<DocumentMark, 'kind' | 'name'>): string => {
  if (about.kind === 'token') return JSON.stringify([about.kind, about.sessionId, about.tokenId])
  if (about.kind === 'session') return JSON.stringify([about.kind, about.sessionId])
  return JSON.stringify([about.kind, about.kind === 'subject' ? about.subject : about.name])
}

/** Marks by target and by position, and who is to be told of new ones. */
export class MarkFeed {
  readonly #now: () => number
  readonly #byTarget: ExpiringMap<string, Entry>
  readonly #wakes = new Set<{ readonly wake: () => void }>()
  /** In the order of their positions; those that are gone are taken out when they are half of all. */
  #entries: Entry[] = []
  #gone = 0
  #end = 0
  /** Tells the cursors of this feed from those of another; drawn late, because some platforms forbid it at start. */
  #name: string | undefined

  /** @param onEnd - is told of each mark that has ended */
  constructor(now: () => number, onEnd: (mark: KeptMark) => unknown) {
    this.#now = now
    this.#byTarget = new ExpiringMap(now, (entry) => {
      this.#drop(entry)
      onEnd(entry.mark)
    })
  }

  /** Number of marks, those included that have ended since the last sweep. */
  get size(): number {
    return this.#byTarget.size
  }

  /** The mark of a target that still lasts. */
  get<K extends KeptMark['kind']>(key: string): Extract<FeedMark, { kind: K }> | undefined {
    const entry = this.#byTarget.get(key)
    return entry && (this.#given(entry) as Extract<FeedMark, { kind: K }>)
  }

  /** Enters a mark at the end, in the place of an older one of the same target. */
  publish<M extends KeptMark>(mark: M, lastsFor: number): M & { readonly lastsFor: number } {
    const key = keyOf(mark)
    const old = this.#byTarget.get(key)
    if (old) this.#drop(old)
    this.#end += 1
    const endsAt = this.#now() + lastsFor
    const entry = { position: this.#end, mark, endsAt, isGone: false }
    this.#entries.push(entry)
    this.#byTarget.set(key, entry, endsAt)
    this.#wake()
    return { ...mark, lastsFor }
  }

  /** What came after a cursor of this feed; everything after any other. */
  read(cursor: string | undefined): FeedPage {
    this.#name ??= crypto.randomUUID()
    const [name, position] = cursor?.split(':') ?? []
    const from = name === this.#name ? this.#placeAfter(Number(position)) : 0
    const now = this.#now()
    const lasting = this.#entries.slice(from).filter((entry) => !entry.isGone && now < entry.endsAt)
    return { marks: lasting.map((entry) => this.#given(entry)), cursor: `${this.#name}:${this.#end}` }
  }

  /** Calls `wake` after each mark, until the returned function is called. */
  subscribe(wake: () => void): () => void {
    const subscription = { wake }
    this.#wakes.add(subscription)
    return () => void this.#wakes.delete(subscription)
  }

  /** Gives memory back. True where all that is due is gone. */
  sweep(): boolean {
    return this.#byTarget.sweep()
  }

  /** Forgets who is to be told. */
  close(): void {
    this.#wakes.clear()
  }

  /** Where the first entry behind a position stands: positions rise, so half of the rest is left out at each step. */
  #placeAfter(position: number): number {
    let [from, to] = [0, this.#entries.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#entries[middle]?.position ?? 0) <= position) from = middle + 1
      else to = middle
    }
    return from
  }

  #given({ mark, endsAt }: Entry): FeedMark {
    return { ...mark, lastsFor: endsAt - this.#now() } as FeedMark
  }

  #drop(entry: Entry): void {
    entry.isGone = true
    this.#gone += 1
    if (2 * this.#gone < this.#entries.length + 16) return
    this.#entries = this.#entries.filter(({ isGone }) => !isGone)
    this.#gone = 0
  }

  #wake(): void {
    for (const { wake } of this.#wakes) {
      try {
        wake()
      } catch {
        // It is a hint; a listener that fails must not undo the revocation that has happened.
      }
    }
  }
}
