/** security.md F10 and design section 5: the form of a refresh token, its MAC, and that a wrong one changes nothing. */

import nodeCrypto, { createHmac, hkdfSync } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import fc from 'fast-check'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { createKeySource, type KeyRing } from '../../../../core/src/keys/ring.js'
import { platform as node } from '../../../../core/src/platform/node.js'
import { platform as web } from '../../../../core/src/platform/web.js'
import { isOfSession, readRefreshToken, refreshTokenOf } from '../../../../core/src/token/refresh-token.js'
import {
  type Members,
  OTHER_SECRET,
  openScene,
  outcomeOf,
  refusedFor,
  rows,
  type Scene,
  SECRET,
} from './scene.js'

const ID = `${'p'.repeat(11)}.${'r'.repeat(22)}`
let ring: KeyRing
let scene: Scene
let token = ''
beforeAll(async () => {
  ring = await createKeySource({ secrets: [SECRET], development: false, specs: [{ kind: 'secret' }] }).load()
  scene = await openScene()
  token = scene.pair.refreshToken
})

/** The token of a session as anybody with the secret and the seed would compute it, without our code. */
const byHand = (
  secret: string,
  { id, generation, seed }: { id: string; generation: number; seed: string },
) => {
  const derive = (purpose: string, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, '', `auth/1 production ${purpose}`, length))
  const fields = ['rt1', id, String(generation), seed].flatMap((field) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(Buffer.byteLength(field))
    return [length, Buffer.from(field)]
  })
  const mac = createHmac('sha256', derive('refresh token', 32))
    .update(Buffer.concat(fields))
    .digest('base64url')
  return `rt1.${id}.${generation}.${derive('key id', 8).toString('base64url')}.${mac}`
}

describe('the form', () => {
  test('rt1, session id, generation, key id, MAC', async () => {
    const { sessionId } = scene.pair.principal
    expect(token).toMatch(/^rt1\.[\w-]{11}\.[\w-]{22}\.1\.[\w-]{11}\.[\w-]{43}$/)
    expect(token.startsWith(`rt1.${sessionId}.1.${scene.header.kid}.`)).toBe(true)
  })

  test('is what an independent computation gives: a key derived for this purpose, every field with its length', async () => {
    const session = { id: ID, generation: 7, seed: 'seed' }
    expect(await refreshTokenOf(ring, session)).toBe(byHand(SECRET, session))
    expect(await refreshTokenOf(ring, session)).not.toContain(
      createHmac('sha256', SECRET).update('rt1').digest('base64url'),
    )
  })

  test('is the same each time it is computed', async () => {
    const session = { id: ID, generation: 3, seed: 'seed' }
    const other = await createKeySource({
      secrets: [SECRET],
      development: false,
      specs: [{ kind: 'secret' }],
    }).load()
    expect(await refreshTokenOf(ring, session)).toBe(await refreshTokenOf(ring, session))
    expect(await refreshTokenOf(other, session)).toBe(await refreshTokenOf(ring, session))
  })
})

describe('a text of another form is malformed, and costs no store call', () => {
  type Change = (parts: string[]) => unknown
  const at =
    (index: number, text: string): Change =>
    (parts) =>
      parts.with(index, text).join('.')
  const FORMS: Record<string, Change> = {
    nothing: () => '',
    'another version': at(0, 'rt2'),
    'the version in capitals': at(0, 'RT1'),
    'a generation of zero': at(3, '0'),
    'a generation with a leading zero': at(3, '01'),
    'a negative generation': at(3, '-1'),
    'a generation in hexadecimal': at(3, '0x1'),
    'a generation with an exponent': at(3, '1e1'),
    'a generation beyond what numbers hold exactly': at(3, '9007199254740993'),
    'a generation of other digits': at(3, '١'),
    'no generation': at(3, ''),
    'a short partition': at(1, 'p'.repeat(10)),
    'a long random part': at(2, 'r'.repeat(23)),
    'a session id of other letters': at(2, `${'r'.repeat(21)}é`),
    'a key id of another length': at(4, 'k'.repeat(12)),
    'a MAC of 42 characters': (parts) => parts.join('.').slice(0, -1),
    'a MAC of 44 characters': (parts) => `${parts.join('.')}A`,
    'a padded MAC': (parts) => `${parts.join('.')}=`,
    'a MAC in plain base64': at(5, `${'A'.repeat(41)}+/`),
    'a MAC with a dot': at(5, `${'A'.repeat(21)}.${'A'.repeat(21)}`),
    'other unused bits in the MAC': (parts) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const [text, last = ''] = [parts.join('.').slice(0, -1), parts.join('.').at(-1)]
      return text + alphabet[alphabet.indexOf(last) + 3]
    },
    'a space before it': (parts) => ` ${parts.join('.')}`,
    'a line break after it': (parts) => `${parts.join('.')}\n`,
    'two lines': (parts) => `x\n${parts.join('.')}`,
    'a part more': (parts) => `${parts.join('.')}.x`,
    twice: (parts) => parts.join('.') + parts.join('.'),
    'an access token': () => scene.pair.accessToken,
    'a megabyte of it': (parts) => parts.join('.').padEnd(1_000_000, 'A'),
    'a list': (parts) => [parts.join('.')],
    'a String object': (parts) => new String(parts.join('.')),
    'an object': () => ({ refresh_token: token }),
    undefined: () => undefined,
    null: () => null,
    'a number': () => 1,
  }
  test.each(Object.entries(FORMS))('%s', async (_, change) => {
    const calls = scene.calls.length
    const text = change(token.split('.')) as string
    expect(text).not.toBe(token)
    expect(await outcomeOf(scene.auth.refresh(text))).toEqual(refusedFor('malformed'))
    const signedOut = await outcomeOf(scene.auth.logout({ refreshToken: text }))
    // What is no string at all is a mistake of the application.
    if (typeof text === 'string' || text === undefined) expect(signedOut).toBe('accepted')
    else expect(signedOut).toMatchObject({ name: 'AuthError', code: 'invalid_argument' })
    expect(scene.calls).toHaveLength(calls)
  })

  test.each(rows('A'.repeat(11), '__proto__aa', 'constructor', 'k-_k-_k-_k-'))(
    'key id $value',
    async ({ value }) => {
      const calls = scene.calls.length
      const text = token.split('.').with(4, value).join('.')
      expect(await outcomeOf(scene.auth.refresh(text))).toEqual(refusedFor('unknown_key'))
      await scene.auth.logout({ refreshToken: text })
      expect(scene.calls).toHaveLength(calls)
    },
  )
})

describe('a MAC that is not the one of this session and generation changes nothing', () => {
  const SEED = 'another seed, of the same length'
  type Forge = (own: Scene, victim: { id: string; seed: string }) => Promise<string> | string
  const FORGERIES: Record<string, Forge> = {
    zeros: ({ pair }) => pair.refreshToken.split('.').with(5, 'A'.repeat(43)).join('.'),
    'the generation raised': ({ pair }) => pair.refreshToken.split('.').with(3, '2').join('.'),
    'the generation raised as far as it goes': ({ pair }) =>
      pair.refreshToken.split('.').with(3, '9'.repeat(15)).join('.'),
    "another session's MAC": async ({ auth, pair }) => {
      const own = (await auth.login({ subject: 'alice', transport: 'bearer' })).refreshToken.split('.')
      return pair.refreshToken
        .split('.')
        .with(5, own[5] ?? '')
        .join('.')
    },
    'a MAC under the bare secret': (_, { id }) =>
      byHand(SECRET, { id, generation: 1, seed: '' }).replace(
        /[^.]+$/,
        createHmac('sha256', SECRET).update(id).digest('base64url'),
      ),
    'a MAC without the seed': (_, { id }) => byHand(SECRET, { id, generation: 1, seed: '' }),
    'a MAC with a guessed seed': (_, { id }) => byHand(SECRET, { id, generation: 1, seed: SEED }),
    'a MAC under another secret, with the seed of a stolen dump': (own, { id, seed }) =>
      byHand(OTHER_SECRET, { id, generation: 1, seed }).split('.').with(4, String(own.header.kid)).join('.'),
    "the access token's signature": ({ pair }) =>
      pair.refreshToken
        .split('.')
        .with(5, pair.accessToken.split('.')[2] ?? '')
        .join('.'),
  }

  test.each(Object.entries(FORGERIES))('%s', async (_, forge) => {
    const own = await openScene()
    const id = own.pair.principal.sessionId
    const before = await own.store.find(id)
    const forged = await forge(own, { id, seed: before.record?.seed ?? '' })
    const [calls, events] = [own.calls.length, own.events.length]
    own.clock.advance(3600)

    expect(await outcomeOf(own.auth.refresh(forged))).toEqual(refusedFor('bad_signature'))
    await own.auth.logout({ refreshToken: forged })

    expect((await own.store.find(id)).record).toEqual(before.record)
    expect(own.calls.slice(calls)).toEqual(['find', 'find'])
    expect(own.events.slice(events).map(({ type }) => type)).toEqual(['request_rejected'])
    expect(await outcomeOf(own.auth.refresh(own.pair.refreshToken))).toBe('accepted')
  })

  test('a session that never was is not found, and nothing is written for it', async () => {
    const own = await openScene()
    const calls = own.calls.length
    const invented = byHand(SECRET, { id: ID, generation: 1, seed: SEED })
    expect(await outcomeOf(own.auth.refresh(invented))).toEqual(refusedFor('session_not_found'))
    expect(own.calls.slice(calls)).toEqual(['find'])
  })

  describe('the comparison is left to the platform, whose time tells nothing', () => {
    const COMPARISONS = [
      { of: 'node:crypto', platform: node, on: nodeCrypto, name: 'timingSafeEqual' },
      { of: 'WebCrypto', platform: web, on: crypto.subtle, name: 'verify' },
    ] as const
    test.each(COMPARISONS)('$of', async ({ platform, on, name }) => {
      const key = await platform.hmacKey(Buffer.from(SECRET))
      const own = { ...ring, refreshing: { kid: ring.refreshing.kid, ...key } }
      const text = await refreshTokenOf(own, { id: ID, generation: 1, seed: SEED })
      const compared = vi.spyOn(on as unknown as Record<string, () => unknown>, name)
      syncBuiltinESMExports()
      try {
        const read = readRefreshToken({ ...own, findRefresh: () => own.refreshing }, text)
        if (!('accepted' in read)) throw new Error(read.refused)
        expect(await isOfSession(read.accepted, { seed: SEED })).toBe(true)
        expect(await isOfSession(read.accepted, { seed: 'other' })).toBe(false)
        expect(compared).toHaveBeenCalledTimes(2)
      } finally {
        compared.mockRestore()
        syncBuiltinESMExports()
      }
    })
  })
})

describe('no two sessions share the input of a MAC', () => {
  const text = fc.string({ maxLength: 12, unit: fc.constantFrom('a', '.', '1', '\0', '\u0001', 'é', '') })
  const session = fc.record({ id: text, generation: fc.integer({ min: 1, max: 120 }), seed: text })
  const macOf = async (input: Parameters<typeof refreshTokenOf>[1]) =>
    (await refreshTokenOf(ring, input)).split('.').at(-1)
  const keyOf = ({ id, generation, seed }: Members) => JSON.stringify([id, generation, seed])

  test('whatever the texts, equal MACs mean equal fields', async () => {
    const seen = new Map<string | undefined, string>()
    await fc.assert(
      fc.asyncProperty(session, async (input) => {
        const mac = await macOf(input)
        expect(seen.get(mac) ?? keyOf(input)).toBe(keyOf(input))
        seen.set(mac, keyOf(input))
      }),
      { numRuns: 3000 },
    )
  })

  test('a character moved from one field to the next makes another MAC', async () => {
    const pieces = fc.record({
      all: fc.stringMatching(/^[1-9][0-9]{3,9}$/),
      cut: fc.nat(8),
      shift: fc.integer({ min: 1, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(pieces, async ({ all, cut, shift }) => {
        const split = (at: number) => ({ id: all.slice(0, at), generation: 5, seed: all.slice(at) })
        const [from, to] = [cut % all.length, (cut + shift) % all.length]
        fc.pre(from !== to)
        expect(await macOf(split(from))).not.toBe(await macOf(split(to)))
      }),
      { numRuns: 500 },
    )
    expect(await macOf({ id: 'a', generation: 11, seed: 'b' })).not.toBe(
      await macOf({ id: 'a1', generation: 1, seed: 'b' }),
    )
    expect(await macOf({ id: 'a', generation: 11, seed: 'b' })).not.toBe(
      await macOf({ id: 'a', generation: 1, seed: '1b' }),
    )
  })
})
