/** The sessions of one subject in the order of their logins: looked at from either end, in steps of constant time. */

/** A list of ids from which any can be taken out. */
export class LoginOrder {
  /** Where each id stands in the list. */
  readonly #places = new Map<string, number>()
  /** Ids as they came; what was taken out leaves a gap. */
  #ids: (string | undefined)[] = []

  get size(): number {
    return this.#places.size
  }

  add(id: string): void {
    this.delete(id)
    this.#places.set(id, this.#ids.push(id) - 1)
  }

  delete(id: string): void {
    const place = this.#places.get(id)
    if (place === undefined) return
    this.#places.delete(id)
    this.#ids[place] = undefined
    // Each gap is closed once, after as many ids were taken out as are moved.
    if (this.#ids.length > 2 * this.#places.size + 16) this.#closeGaps()
  }

  /** The first so many ids. */
  oldest(count: number): string[] {
    const found: string[] = []
    for (let at = 0; at < this.#ids.length && found.length < count; at += 1) {
      const id = this.#ids[at]
      if (id !== undefined) found.push(id)
    }
    return found
  }

  /** The last so many ids. */
  newest(count: number): string[] {
    const found: string[] = []
    for (let at = this.#ids.length - 1; at >= 0 && found.length < count; at -= 1) {
      const id = this.#ids[at]
      if (id !== undefined) found.push(id)
    }
    return found
  }

  #closeGaps(): void {
    this.#ids = this.#ids.filter((id) => id !== undefined)
    for (const [place, id] of this.#ids.entries()) this.#places.set(`${id}`, place)
  }
}
