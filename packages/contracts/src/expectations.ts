/** How clauses of both contracts fail: with a plain `Error` that says what was expected. */

/** Fails the clause. */
export const expect = (holds: boolean, otherwise: string): void => {
  if (!holds) throw new Error(otherwise)
}

/** Fails the clause where two values differ as JSON with sorted keys. */
export const expectSame = (actual: unknown, wanted: unknown, what: string): void => {
  const [left, right] = [actual, wanted].map((value) => JSON.stringify(sorted(value)))
  expect(left === right, `${what}: expected ${right}, got ${left}`)
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
