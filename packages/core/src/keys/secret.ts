/** What makes a secret unfit, judged by its structure. The value itself never appears in a message. */

const encoder = new TextEncoder()

/** Fewer bytes than the hash's output weaken HS256 (RFC 7518 section 3.2). */
const MIN_BYTES = 32
const MIN_DISTINCT_BYTES = 8
const KEY_FILE = /-----BEGIN|^\s*\{[\s\S]*"kty"/

/** Words of samples and tutorials. One of them says nothing, a string made mostly of several does. */
const TELL_TALE_WORDS =
  'secret sekret key keys token tokens session jwt hmac json web auth cookie signing sign signature private public password passphrase pass phrase change changeme changeit this replace with your yours my mine super very really safe secure insecure unsafe strong weak default example sample dummy fake test testing dev development prod production staging local please use used using not never here there todo fixme generate generated random string text value long longer short enough least minimum min max more than characters character chars bytes bits must should need needs only for the and you can one that which from put insert enter set some something any app application application name env keyboard cat admin user guest demo placeholder undefined null object nan true false none unknown foo bar baz qux lorem ipsum hello world qwerty asdf abc xyz cannot break know nobody knows guess dont do make sure own'.split(
    ' ',
  )
const SHORTEST_PART = 3
/** The longest first, so that the longest that fits is found. */
const LONG_WORDS = TELL_TALE_WORDS.filter((word) => word.length >= SHORTEST_PART).sort(
  (a, b) => b.length - a.length,
)
const SHARE_OF_WORDS = 0.6

/** Published secrets that look random: checksums, so that this package carries no secret. */
const PUBLISHED: ReadonlySet<number> = new Set([
  493_005_964_141_886, 1_229_599_676_314_349, 1_968_263_873_918_214, 1_969_936_990_611_490,
  4_177_444_838_336_522, 6_031_175_170_763_155, 8_010_671_330_455_605, 8_365_906_773_340_325,
  8_369_651_454_539_890,
])

const RECIPE = `Set it to 32 random bytes, for instance from: node -p "crypto.randomBytes(32).toString('base64url')"`

/** A checksum of 53 bits, to look published secrets up by; it protects nothing. */
const checksum = (text: string): number => {
  let [high, low] = [0x9dc5, 0x811c9dc5]
  for (const byte of encoder.encode(text)) {
    low = Math.imul(low ^ byte, 0x01000193) >>> 0
    high = Math.imul(high ^ byte ^ (low >>> 15), 0x85ebca6b) >>> 0
  }
  return (high % 0x200000) * 0x100000000 + low
}

/** Whether a string is a shorter one repeated, the last time perhaps in part. */
const isRepetition = (text: string): boolean => {
  for (let period = 1; period <= text.length / 2; period += 1) {
    if (text.startsWith(text.slice(period))) return true
  }
  return false
}

const KEYBOARD = 'qwertyuiop asdfghjkl zxcvbnm 1234567890'

/** Whether most neighbours are equal, follow each other, or lie side by side: `abcdefgh`, `0123456789`, `qwertyui`. */
const isSequence = (text: string): boolean => {
  const lower = text.toLowerCase()
  let steps = 0
  for (let at = 1; at < lower.length; at += 1) {
    const distance = Math.abs(lower.charCodeAt(at) - lower.charCodeAt(at - 1))
    if (distance <= 1 || KEYBOARD.includes(lower.slice(at - 1, at + 1))) steps += 1
  }
  return steps > ((lower.length - 1) * 2) / 3
}

const LEET: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '@': 'a',
  $: 's',
}

/** The letters of a run that are covered by tell-tale words; shorter words count as a whole run only. */
const coveredLetters = (run: string, found: string[]): number => {
  if (TELL_TALE_WORDS.includes(run)) {
    found.push(run)
    return run.length
  }
  let covered = 0
  for (let at = 0; at < run.length; ) {
    const word = LONG_WORDS.find((candidate) => run.startsWith(candidate, at))
    if (word) {
      found.push(word)
      covered += word.length
    }
    at += word?.length ?? 1
  }
  return covered
}

/** Whether a string is made mostly of the words of samples. */
const isPlaceholder = (text: string): boolean => {
  const letters = text.toLowerCase().replace(/[01345@$]/g, (character) => LEET[character] as string)
  const runs = letters.match(/[a-z]+/g) ?? []
  const found: string[] = []
  const covered = runs.reduce((sum, run) => sum + coveredLetters(run, found), 0)
  const total = runs.reduce((sum, run) => sum + run.length, 0)
  return found.length >= 2 && covered >= total * SHARE_OF_WORDS && total >= text.length / 2
}

const problemOf = (secret: unknown): string | undefined => {
  if (typeof secret !== 'string' || secret === '')
    return `is missing. ${RECIPE}; or, to try things out, run with NODE_ENV=development`
  if (secret !== secret.trim())
    return 'has white space at its beginning or end; another server would read other bytes'
  if (KEY_FILE.test(secret)) return `is a key file; HS256 takes a random string. ${RECIPE}`
  if (/^(['"`]).*\1$/.test(secret))
    return 'stands in quotation marks that belong to the file it was read from; another server would read other bytes'
  if (/[\p{Cc}\ufeff\ufffd]/u.test(secret))
    return 'holds a control character, a byte order mark or a replacement character: it was mangled on its way'
  const bytes = encoder.encode(secret)
  if (bytes.length < MIN_BYTES) return `is shorter than ${MIN_BYTES} bytes. ${RECIPE}`
  if (new Set(bytes).size < MIN_DISTINCT_BYTES) return `repeats too few different characters. ${RECIPE}`
  if (isRepetition(secret)) return `is a shorter string repeated. ${RECIPE}`
  if (isSequence(secret)) return `is a sequence of neighbouring characters. ${RECIPE}`
  if (isPlaceholder(secret)) return `looks like a placeholder from an example. ${RECIPE}`
  if (PUBLISHED.has(checksum(secret.toLowerCase())))
    return `was published in a list of known secrets. ${RECIPE}`
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
