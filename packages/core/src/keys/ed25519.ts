/** Whether 32 bytes are a point of Ed25519 that can be a public key: platforms import anything (RFC 8032 section 5.1.3). */

const P = 2n ** 255n - 19n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/** The y of the points of order 1, 2, 4 and 8: under them anyone can make signatures. */
const LOW_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303021n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
])

/** `base ** exponent mod P`. */
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n
  for (let [square, left] = [base, exponent]; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}

/** Whether the bytes are the one encoding of a point, and not of one of the small subgroup. */
export const isEd25519Point = (bytes: Uint8Array): boolean => {
  const number = [...bytes].reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
  const y = number & (2n ** 255n - 1n)
  if (y >= P || LOW_ORDER.has(y)) return false
  const square = (y * y) % P
  // x² = (y² - 1) / (d·y² + 1) has a root where Euler's criterion says so.
  const x2 = ((square + P - 1n) * power((D * square + 1n) % P, P - 2n)) % P
  return power(x2, (P - 1n) / 2n) === 1n
}
