/** What makes a secret unfit. The value itself never appears in a message. */

const encoder = new TextEncoder()

/** Fewer bytes than the hash's output weaken HS256 (RFC 7518 section 3.2). */
const MIN_BYTES = 32
const MIN_DISTINCT_BYTES = 8
/** Wording of the samples that get copied out of tutorials and `.env.example` files. */
const PLACEHOLDER =
  /change.?(me|this|it)|replace.?(me|this|with)|placeholder|example|password|passphrase|keyboard.?cat|(super|top|my|your|jwt|session|app|not.?so).{0,12}secret|secret.{0,5}key|at.?least.?\d|0123456789|1234567890|abcdefghij/i
const KEY_FILE = /-----BEGIN|^\s*\{[\s\S]*"kty"/

const RECIPE = `Set it to 32 random bytes, for instance from: node -p "crypto.randomBytes(32).toString('base64url')"`

const problemOf = (secret: unknown): string | undefined => {
  if (typeof secret !== 'string' || secret === '')
    return `is missing. ${RECIPE}; or, to try things out, run with NODE_ENV=development`
  if (secret !== secret.trim())
    return 'has white space at its beginning or end; another server would read other bytes'
  if (KEY_FILE.test(secret)) return `is a key file; HS256 takes a random text. ${RECIPE}`
  const bytes = encoder.encode(secret)
  if (bytes.length < MIN_BYTES) return `is shorter than ${MIN_BYTES} bytes. ${RECIPE}`
  if (PLACEHOLDER.test(secret)) return `looks like a placeholder from an example. ${RECIPE}`
  if (new Set(bytes).size < MIN_DISTINCT_BYTES) return `repeats too few different characters. ${RECIPE}`
  return undefined
}

/** Everything that is wrong with the `secret` option, one sentence each. */
export const secretProblems = (secret: unknown, development: boolean): string[] => {
  if (secret === undefined && development) return []
  if (!Array.isArray(secret)) {
    const problem = problemOf(secret)
    return problem ? [`secret (SESSION_SECRET) ${problem}`] : []
  }
  // Spread: `flatMap` would pass over the holes of a sparse list, and an empty ring would sign with a random secret.
  const problems = [...secret].flatMap((item, index) => {
    const problem = problemOf(item)
    return problem ? [`secret[${index}] ${problem}`] : []
  })
  if (secret.length === 0) problems.push(`secret is an empty list. ${RECIPE}`)
  if (new Set(secret).size < secret.length) problems.push('secret lists the same value twice')
  return problems
}
