/** security.md A1, A2, F10, J9: of ten thousand damaged tokens none is accepted, and none is a fault of the server. */

import { AuthError } from '@auth/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openScene } from './scene.js'

const RUNS = 10_000
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** A piece of what a token may be made of, or of anything else. */
const piece = fc.oneof(
  fc.string({ unit: fc.constantFrom(...ALPHABET, '.'), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '=',
    '.',
    '..',
    ' ',
    '\n',
    '\0',
    'e30',
    'eyJhbGciOiJub25lIn0',
    'null',
    '%2e',
    '\u200b',
    'Ａ',
  ),
)
const mutation = fc.record({
  kind: fc.constantFrom(
    'replace',
    'insert',
    'cut',
    'double',
    'case',
    'reverse',
    'neighbour',
    'segment',
    'swap',
  ),
  // Uniform: fast-check would try the ends of the text over and over, and never leave the header.
  at: fc.noBias(fc.nat(999_999)).map((millionth) => millionth / 1_000_000),
  length: fc.integer({ min: 1, max: 40 }),
  piece,
})
type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never

const mutated = (text: string, { kind, at, length, piece: given }: Mutation): string => {
  const from = Math.floor(at * text.length)
  const [head, stretch, tail] = [
    text.slice(0, from),
    text.slice(from, from + length),
    text.slice(from + length),
  ]
  const segments = text.split('.')
  const index = Math.floor(at * segments.length)
  const flip = (c: string) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())
  const next = ALPHABET[(ALPHABET.indexOf(text[from] ?? 'A') + length) % 64] ?? ''
  const results: Record<Mutation['kind'], () => string> = {
    replace: () => head + given + tail,
    insert: () => head + given + stretch + tail,
    cut: () => head + tail,
    double: () => head + stretch + stretch + tail,
    case: () => head + stretch.replace(/[a-z]/gi, flip) + tail,
    reverse: () => head + [...stretch].reverse().join('') + tail,
    neighbour: () => head + next + text.slice(from + 1),
    segment: () => segments.with(index, given).join('.'),
    swap: () =>
      segments
        .with(index, segments[0] ?? '')
        .with(0, segments[index] ?? '')
        .join('.'),
  }
  return results[kind]()
}
const mutations = fc.oneof(
  mutation.map((only) => [only]),
  fc.array(mutation, { minLength: 2, maxLength: 3 }),
)

test.each(['access', 'refresh'] as const)(
  `${RUNS} mutations of %s tokens: none is accepted, none is a fault`,
  async (kind) => {
    const { auth, pair, store } = await openScene()
    const before = await store.find(pair.principal.sessionId)
    const genuine = kind === 'access' ? pair.accessToken : pair.refreshToken
    const attempt = (text: string): Promise<unknown> =>
      kind === 'access' ? auth.authenticate(text) : auth.refresh(text)
    const reasons = new Map<string | undefined, number>()

    await fc.assert(
      fc.asyncProperty(mutations, async (steps) => {
        const text = steps.reduce(mutated, genuine)
        fc.pre(text !== genuine)
        const error = await attempt(text).catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(AuthError)
        expect(error).toMatchObject({
          code: 'invalid_token',
          status: 401,
          message: 'The token is not valid.',
        })
        const { reason } = error as AuthError
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      }),
      { numRuns: RUNS, endOnFailure: true },
    )

    // The mutations reach every layer, and the session is as it was.
    for (const reason of ['malformed', 'bad_signature'])
      expect(reasons.get(reason)).toBeGreaterThan(RUNS / 100)
    expect(await store.find(pair.principal.sessionId)).toEqual(before)
    await expect(attempt(genuine)).resolves.toBeDefined()
    await auth.close()
  },
)
