/** A map whose entries vanish at their time, each operation in constant time, expired ones never seen. */

/** Width of a slot in milliseconds: how much later than its expiry an entry's memory may be given back. */
const SLOT = 10_000

interface Entry<V> {
  readonly value: V
  readonly expiresAt: number
  readonly slot: number
}

/** A `Map` with an absolute expiry for each entry. Somebody has to call `sweep` now and then. */
export class ExpiringMap<K, V> {
  readonly #entries = new Map<K, Entry<V>>()
  /** Keys by the slot of time in which they expire, so that a sweep touches only what is due. */
  readonly #slots = new Map<number, Set<K>>()
  readonly #now: () => number
  readonly #onExpire: (value: V) => void
  #swept: number | undefined

  constructor(now: () => number, onExpire: (value: V) => void = () => undefined) {
    this.#now = now
    this.#onExpire = onExpire
  }

  /** Number of entries, those included that have expired since the last sweep. */
  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    return entry && this.#now() < entry.expiresAt ? entry.value : undefined
  }

  /** When an entry expires; 0 where there is none. */
  expiryOf(key: K): number {
    return this.#entries.get(key)?.expiresAt ?? 0
  }

  set(key: K, value: V, expiresAt: number): void {
    this.delete(key)
    this.#swept ??= this.#slot(this.#now()) - 1
    const slot = Math.max(this.#slot(expiresAt), this.#swept + 1)
    const keys = this.#slots.get(slot) ?? new Set()
    this.#slots.set(slot, keys.add(key))
    this.#entries.set(key, { value, expiresAt, slot })
  }

  delete(key: K): boolean {
    const entry = this.#entries.get(key)
    if (!entry) return false
    this.#entries.delete(key)
    const keys = this.#slots.get(entry.slot)
    if (keys?.delete(key) && keys.size === 0) this.#slots.delete(entry.slot)
    return true
  }

  /** Removes everything whose slot of time has passed. */
  sweep(): void {
    const current = this.#slot(this.#now()) - 1
    const from = (this.#swept ?? current) + 1
    // After a leap of the clock there are fewer slots in use than slots gone by.
    const few = current - from > this.#slots.size
    const due = few ? [...this.#slots.keys()].filter((slot) => slot <= current) : range(from, current)
    for (const slot of due) this.#empty(slot)
    this.#swept = Math.max(current, this.#swept ?? current)
  }

  #empty(slot: number): void {
    const keys = this.#slots.get(slot)
    this.#slots.delete(slot)
    for (const key of keys ?? []) {
      const entry = this.#entries.get(key)
      this.#entries.delete(key)
      if (entry) this.#onExpire(entry.value)
    }
  }

  #slot(instant: number): number {
    return Math.floor(instant / SLOT)
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at)
