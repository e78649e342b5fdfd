/** A map whose entries vanish at their time, each operation in constant time, expired ones never seen. */

/** Width of a slot in milliseconds: how much later than its expiry an entry's memory may be given back. */
const SLOT = 10_000
/** Entries and slots that one sweep looks at, at most: some milliseconds of work. */
const SWEPT_AT_ONCE = 1000

interface Entry<V> {
  readonly value: V
  readonly expiresAt: number
  readonly slot: number
}

/** A `Map` with an absolute expiry for each entry. Its owner calls `sweep` now and then. */
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
    const old = this.#entries.get(key)
    // An entry that had expired is taken away as the sweep would have done it.
    if (this.delete(key) && old && old.expiresAt <= this.#now()) this.#onExpire(old.value)
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

  /** Removes what is due, a bounded number of entries at once. True where everything that is due is gone. */
  sweep(): boolean {
    const current = this.#slot(this.#now()) - 1
    let slot = (this.#swept ?? current) + 1
    for (let left = SWEPT_AT_ONCE; slot <= current && left > 0; left -= 1) {
      const [key] = this.#slots.get(slot) ?? []
      if (key !== undefined) this.#expire(key)
      if (!this.#slots.has(slot)) slot += 1
    }
    this.#swept = Math.max(slot - 1, this.#swept ?? current)
    return slot > current
  }

  #expire(key: K): void {
    const entry = this.#entries.get(key)
    this.delete(key)
    if (entry) this.#onExpire(entry.value)
  }

  #slot(instant: number): number {
    return Math.floor(instant / SLOT)
  }
}
