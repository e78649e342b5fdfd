/** security.md B6-B8, C7, J3: which secrets are refused, that no random one ever is, and that none is ever printed. */

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { modelStore } from '@auth/contracts'
import { AuthError, type AuthOptions, createAuth } from '@auth/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { secretProblems } from '../../../../core/src/keys/secret.js'
import { OTHER_SECRET, openScene, outcomeOf, rows, SECRET } from './scene.js'

const store = modelStore()

/** The error that createAuth throws for a secret; undefined where it accepts. */
const errorFor = (
  secret: unknown,
  environment: 'production' | 'development' = 'production',
): AuthError | undefined => {
  try {
    createAuth({ secret: secret as AuthOptions['secret'], store, environment })
    return undefined
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return error
  }
}
const problemsOf = (secret: unknown): string[] => errorFor(secret)?.message.split('\n- ').slice(1) ?? []

const PEM = `-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----`
const REFUSED: Record<string, [secret: unknown, says: RegExp]> = {
  nothing: [undefined, /is missing/],
  null: [null, /is missing/],
  'an empty text': ['', /is missing/],
  'a number': [1234567890123456, /is missing/],
  bytes: [randomBytes(32), /is missing/],
  'a String object': [new String(SECRET), /is missing/],
  'a function': [() => SECRET, /is missing/],
  'one character too few': [SECRET.slice(0, 31), /shorter than 32 bytes/],
  '31 bytes in fewer characters': ['äöüßéèêëàâôûçñø'.concat('a'), /shorter than 32 bytes/],
  'a space before it': [` ${SECRET}`, /white space/],
  'a space after it': [`${SECRET} `, /white space/],
  'a line break after it': [`${SECRET}\n`, /white space/],
  'a Windows line break after it': [`${SECRET}\r\n`, /white space/],
  'a byte order mark before it': [`\ufeff${SECRET}`, /white space/],
  'a no-break space after it': [`${SECRET}\u00a0`, /white space/],
  'only spaces': [' '.repeat(40), /white space/],
  'a private key file': [PEM, /key file/],
  'a private key on one line': [PEM.replaceAll('\n', '\\n'), /key file/],
  'a public key file': [PEM.replaceAll('PRIVATE', 'PUBLIC'), /key file/],
  'a JSON Web Key': [JSON.stringify({ kty: 'oct', k: SECRET }), /key file/],
  'a JSON Web Key Set': [
    JSON.stringify({ keys: [{ use: 'sig', kty: 'RSA', n: SECRET }] }, null, 2),
    /key file/,
  ],
  'one character, repeated': ['a'.repeat(64), /too few different/],
  'seven characters, repeated': ['abcdefg'.repeat(10), /too few different/],
  'an empty list': [[], /empty list/],
}

/** Secrets of tutorials, documentation and `.env.example` files, and of the lists that attackers try first. */
const WELL_KNOWN = [
  'a-string-secret-at-least-256-bits-long',
  'your-256-bit-secret-your-256-bit-secret',
  'change-me-change-me-change-me-change-me',
  'CHANGE_ME_TO_A_LONG_RANDOM_STRING_1234',
  'changeit-changeit-changeit-changeit-1',
  'replace-me-with-a-long-random-string-x',
  'replace_with_at_least_32_random_bytes!',
  'my-super-secret-key-that-is-long-enough',
  'this_is_a_secret_key_for_jwt_signing_00',
  'supersecretsupersecretsupersecret12345',
  'your_jwt_secret_goes_here_0123456789_x',
  'NOT-SO-SECRET-NOT-SO-SECRET-NOT-SO-SECRET',
  'keyboard cat keyboard cat keyboard cat!',
  'at-least-32-characters-long-please-ok-go',
  'example-secret-for-development-use-only',
  'Password1234Password1234Password1234!?',
  'some_passphrase_of_more_than_32_bytes_x',
  'placeholder_placeholder_placeholder_42x',
  '01234567890123456789012345678901',
  'abcdefghijklmnopqrstuvwxyz-ABCDEF',
  'qwertyuiop-1234567890-asdfghjkl-zxcvbnm',
]

describe('a secret that would not hold is refused at start', () => {
  test.each(Object.entries(REFUSED))('%s', (_, [secret, says]) => {
    expect(problemsOf(secret)).toEqual([expect.stringMatching(says)])
    expect(errorFor(secret)).toMatchObject({ code: 'invalid_options', status: 500 })
  })
  test.each(WELL_KNOWN)('%j, which everybody knows', (secret) => {
    const says =
      /(looks like a placeholder|repeats too few different|is a shorter string repeated|is a sequence)/
    expect(problemsOf(secret)).toEqual([expect.stringMatching(says)])
    expect(problemsOf([SECRET, secret])).toEqual([
      expect.stringMatching(new RegExp(`^secret\\[1\\] ${says.source}`)),
    ])
  })
  test('in development too, where only its absence is allowed', () => {
    for (const secret of [...WELL_KNOWN, '', 'short', null, []])
      expect(errorFor(secret, 'development')).toBeDefined()
    expect(errorFor(undefined, 'development')).toBeUndefined()
  })
  test('32 bytes are counted, not characters', () => {
    expect(problemsOf(SECRET.slice(0, 32))).toEqual([])
    expect(problemsOf('äöüßéèêëàâôûçñøå')).toEqual([])
  })
})

describe('a list of secrets', () => {
  test.each([
    { secret: [SECRET, SECRET], says: ['secret lists the same value twice'] },
    { secret: [SECRET, OTHER_SECRET, SECRET], says: ['secret lists the same value twice'] },
    { secret: [SECRET, undefined], says: [expect.stringMatching(/^secret\[1\] is missing/)] },
    { secret: [undefined, SECRET], says: [expect.stringMatching(/^secret\[0\] is missing/)] },
    {
      secret: ['short', ` ${SECRET}`],
      says: [expect.stringMatching(/^secret\[0\] is sh/), expect.stringMatching(/^secret\[1\] has/)],
    },
    { secret: [[SECRET]], says: [expect.stringMatching(/^secret\[0\] is missing/)] },
  ])('$says', ({ secret, says }) => {
    expect(problemsOf(secret)).toEqual(says)
  })
  test('is accepted where every item would be', () => {
    expect(problemsOf([SECRET])).toEqual([])
    expect(problemsOf([SECRET, OTHER_SECRET])).toEqual([])
  })
  test('holes are missing secrets: production never draws one of its own', () => {
    expect(problemsOf(new Array(1))).toEqual([expect.stringMatching(/^secret\[0\] is missing/)])
    expect(problemsOf(Object.assign(new Array(3), { 0: SECRET, 2: OTHER_SECRET }))).toEqual([
      expect.stringMatching(/^secret\[1\] is missing/),
    ])
  })
})

test('no random secret is ever refused, in base64, base64url or hexadecimal, of 32 to 64 bytes', () => {
  const encodings = fc.constantFrom('base64', 'base64url', 'hex')
  fc.assert(
    fc.property(encodings, fc.integer({ min: 32, max: 64 }), (encoding, length) => {
      const secret = randomBytes(length).toString(encoding)
      expect([secret, ...secretProblems(secret, false)]).toEqual([secret])
    }),
    { numRuns: 20_000 },
  )
})

test('16 random bytes in hexadecimal are 32 bytes of text, and accepted', () => {
  for (let run = 0; run < 2000; run += 1) {
    expect(secretProblems(randomBytes(16).toString('hex'), false)).toEqual([])
  }
})

describe('a refused secret is not printed', () => {
  /** Every text an operator may see of an error. */
  const textsOf = (error: AuthError | undefined): string =>
    [
      error?.message,
      error?.stack,
      inspect(error, { depth: 20, showHidden: true }),
      JSON.stringify(error),
    ].join('\n')
  const secrets = Object.values(REFUSED).flatMap(([secret]) =>
    typeof secret === 'string' && secret.trim() ? [secret] : [],
  )

  test.each(rows(...secrets, ...WELL_KNOWN))('$value', ({ value }) => {
    for (const texts of [textsOf(errorFor(value)), textsOf(errorFor([value, value]))]) {
      expect(texts).toContain('secret')
      // Six characters in a row of it would be a hint already, but for the words of our own sentences.
      for (let at = 0; at + 8 <= value.trim().length; at += 8) {
        const piece = value.trim().slice(at, at + 8)
        if (!/^[a-z -]+$/i.test(piece)) expect(texts).not.toContain(piece)
      }
      expect(texts).not.toContain(value.trim())
    }
  })
})

test('two nodes with one secret understand each other, and one with a letter less does not', async () => {
  const { pair } = await openScene()
  const [same, other] = [await openScene(), await openScene({ secret: SECRET.slice(0, -1) })]
  expect(await outcomeOf(same.auth.authenticate(pair.accessToken, { revocation: 'none' }))).toBe('accepted')
  expect(await outcomeOf(other.auth.authenticate(pair.accessToken, { revocation: 'none' }))).not.toBe(
    'accepted',
  )
})
