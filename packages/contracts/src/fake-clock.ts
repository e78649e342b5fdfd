/** A clock that moves only when told. */

/** Hand its `now` to `createAuth` and to the store; both then live in the same time. */
export interface FakeClock {
  /** The time, in milliseconds. */
  readonly now: () => number
  /** Lets seconds pass; a negative number sets the clock back. */
  advance(seconds: number): void
}

/** Creates a clock that stands still. @param start - in milliseconds. Default: the first of January 2026. */
export const fakeClock = (start: number = Date.UTC(2026, 0, 1)): FakeClock => {
  let time = start
  return {
    now: () => time,
    advance: (seconds) => {
      time += seconds * 1000
    },
  }
}
