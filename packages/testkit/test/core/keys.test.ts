/** security.md B2, B3, B9, B12, C4: asymmetric keys, held against jose, and every key that is refused at start. */

import { generateKeyPairSync, sign as signWith } from 'node:crypto'
import { fakeClock, modelStore } from '@auth/contracts'
import { type AccessKeyOption, type AuthOptions, createAuth, isAuthError, type Jwk } from '@auth/core'
import { createHttpAuth, fromFetchRequest } from '@auth/core/http'
import { CompactSign, compactVerify, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { loadPortableCore } from './portable.js'
import { encode, OTHER_SECRET, outcomeOf, partsOf, refusedFor, SECRET } from './token/scene.js'

const pairOf = {
  EdDSA: () => generateKeyPairSync('ed25519'),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
}
type Alg = keyof typeof pairOf
const ALGS = Object.keys(pairOf) as Alg[]
const pairs = { EdDSA: pairOf.EdDSA(), ES256: pairOf.ES256(), RS256: pairOf.RS256() }
const jwkOf = (alg: Alg): Jwk => pairs[alg].privateKey.export({ format: 'jwk' }) as Jwk
const publicOf = (alg: Alg): Jwk => pairs[alg].publicKey.export({ format: 'jwk' }) as Jwk
const pemOf = (alg: Alg) => String(pairs[alg].privateKey.export({ format: 'pem', type: 'pkcs8' }))
const publicPemOf = (alg: Alg) => String(pairs[alg].publicKey.export({ format: 'pem', type: 'spki' }))

const clock = fakeClock()
const store = modelStore(clock.now)
const options = (keys: readonly AccessKeyOption[]): AuthOptions => ({
  secret: SECRET,
  store,
  keys,
  environment: 'production',
  now: clock.now,
  onEvent: () => undefined,
})
const node = (...keys: AccessKeyOption[]) => createAuth(options(keys))
const jwksOf = async (...keys: AccessKeyOption[]): Promise<{ keys: Jwk[] } | null> => {
  const request = fromFetchRequest(new Request('https://app.example/auth/jwks.json'))
  return (await createHttpAuth(options(keys)).endpoints(request))?.body as { keys: Jwk[] } | null
}
const headerOf = (token: string) => JSON.parse(Buffer.from(partsOf(token)[0], 'base64url').toString())
const problemsOf = (...keys: unknown[]): string => {
  try {
    node(...(keys as AccessKeyOption[]))
    return ''
  } catch (error) {
    if (!isAuthError(error, 'invalid_options')) throw error
    return error.message
  }
}

describe.each(ALGS)('%s', (alg) => {
  test.each(['JWK', 'PEM'])('signs what jose verifies with the published key, from a %s', async (form) => {
    const key = form === 'JWK' ? jwkOf(alg) : pemOf(alg)
    const { accessToken } = await node(key, 'secret').login({ subject: 'alice', transport: 'bearer' })
    const [published] = (await jwksOf(key, 'secret'))?.keys ?? []
    const { x, y, n, e, crv, kty } = publicOf(alg)
    const members = Object.entries({ x, y, n, e, crv, kty }).filter(([, value]) => value !== undefined)
    const { kid } = headerOf(accessToken)
    expect(published).toEqual({ ...Object.fromEntries(members), kid, alg, use: 'sig' })
    const { payload } = await compactVerify(accessToken, await importJWK(published as never, alg))
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ sub: 'alice' })
  })

  test('accepts what jose signs, and gives the verdict of jose on damaged tokens', async () => {
    const auth = node(jwkOf(alg))
    const { accessToken } = await auth.login({ subject: 'alice', transport: 'bearer' })
    const key = await importJWK(jwkOf(alg) as never, alg)
    const publicKey = await importJWK(publicOf(alg) as never, alg)
    const payload = Buffer.from(partsOf(accessToken)[1], 'base64url')
    const token = await new CompactSign(payload).setProtectedHeader(headerOf(accessToken)).sign(key)
    expect((await auth.authenticate(token)).subject).toBe('alice')
    const signature = Buffer.from(partsOf(token)[2], 'base64url')
    for (let at = 0; at < signature.length; at += 1) {
      const damaged = Buffer.from(signature)
      damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
      const text = [...partsOf(token).slice(0, 2), damaged.toString('base64url')].join('.')
      const theirs = await compactVerify(text, publicKey).then(
        () => 'accepted',
        () => refusedFor('bad_signature'),
      )
      expect(await outcomeOf(auth.authenticate(text))).toEqual(theirs)
    }
  })

  test('verifies with the public half, and cannot sign with it', async () => {
    const { accessToken } = await node(jwkOf(alg)).login({ subject: 'alice', transport: 'bearer' })
    for (const half of [publicOf(alg), publicPemOf(alg)]) {
      const auth = node('secret', half)
      expect((await auth.authenticate(accessToken)).subject).toBe('alice')
      const { accessToken: own } = await auth.login({ subject: 'alice', transport: 'bearer' })
      expect(headerOf(own).alg).toBe('HS256')
      expect(problemsOf(half, 'secret')).toContain('keys[0] signs, and so cannot be a public key')
    }
  })

  test('is known on WebCrypto as well', async () => {
    const { createAuth: create } = await loadPortableCore()
    const { accessToken } = await node(pemOf(alg)).login({ subject: 'alice', transport: 'bearer' })
    const portable = create(options([pemOf(alg), jwkOf(alg === 'EdDSA' ? 'ES256' : 'EdDSA')]))
    expect((await portable.authenticate(accessToken)).subject).toBe('alice')
    const { accessToken: other } = await portable.login({ subject: 'bob', transport: 'bearer' })
    expect((await node(jwkOf(alg)).authenticate(other)).subject).toBe('bob')
  })

  test('is opened once, and remembered', async () => {
    const auth = node(jwkOf(alg))
    const { accessToken } = await auth.login({ subject: 'alice', transport: 'bearer' })
    const first = await auth.authenticate(accessToken, { revocation: 'none' })
    expect(await auth.authenticate(accessToken, { revocation: 'none' })).toBe(first)
  })
})

test('HS256 to EdDSA and back, a deploy at a time: every token works at every node of the half-deployed fleet', async () => {
  const key = jwkOf('EdDSA')
  const deploys: AccessKeyOption[][] = [['secret'], ['secret', key], [key, 'secret'], [key]]
  const there = [...deploys, ...deploys.slice(0, 3).reverse()]
  for (let at = 1; at < there.length; at += 1) {
    const half = [there[at - 1], there[at]].map((keys) => node(...(keys ?? [])))
    for (const from of half) {
      const { accessToken } = await from.login({ subject: 'alice', transport: 'bearer' })
      for (const to of half) expect((await to.authenticate(accessToken)).subject).toBe('alice')
    }
  }
})

test('one key has one algorithm: a public key is no HMAC secret, and the header does not choose', async () => {
  const auth = node(jwkOf('RS256'), 'secret')
  const { accessToken } = await auth.login({ subject: 'alice', transport: 'bearer' })
  const [, payload] = partsOf(accessToken)
  for (const alg of ['HS256', 'PS256', 'RS512', 'none', 'ES256']) {
    const input = `${encode(JSON.stringify({ ...headerOf(accessToken), alg }))}.${payload}`
    const genuine = signWith('sha256', Buffer.from(input), pairs.RS256.privateKey).toString('base64url')
    expect(await outcomeOf(auth.authenticate(`${input}.${genuine}`))).toEqual(refusedFor('wrong_algorithm'))
  }
})

test('a key of its own for a verifier that shares HS256 is not published', async () => {
  const shared = { kty: 'oct', kid: 'flask', k: encode(OTHER_SECRET) }
  const { accessToken } = await node(shared, 'secret').login({ subject: 'alice', transport: 'bearer' })
  expect(headerOf(accessToken)).toEqual({ alg: 'HS256', kid: 'flask', typ: 'at+jwt' })
  const { payload } = await compactVerify(accessToken, new TextEncoder().encode(OTHER_SECRET))
  expect(payload.length).toBeGreaterThan(0)
  expect(await jwksOf(shared, 'secret')).toBeUndefined()
})

describe('an external signer', () => {
  const { privateKey } = pairs.ES256
  const sign = (input: Uint8Array) => signWith('sha256', input, { key: privateKey, dsaEncoding: 'der' })
  const jwk = publicOf('ES256')

  test('may answer DER, as a KMS does', async () => {
    const auth = node({ jwk, sign }, 'secret')
    for (let turn = 0; turn < 50; turn += 1) {
      const { accessToken } = await auth.login({ subject: 'alice', transport: 'bearer' })
      expect((await auth.authenticate(accessToken)).subject).toBe('alice')
    }
  })
  test.each([
    ['that fails', () => Promise.reject(new Error('throttled'))],
    [
      'that throws',
      () => {
        throw new Error('throttled')
      },
    ],
    ['that gives nothing', () => undefined],
    [
      'that signs with another key',
      (input: Uint8Array) => signWith('sha256', input, pairOf.ES256().privateKey),
    ],
  ] as [string, never][])('%s is a 503, and no session is left behind', async (_, broken) => {
    const outcome = await outcomeOf(
      node({ jwk, sign: broken }).login({ subject: 'carol', transport: 'bearer' }),
    )
    expect(outcome).toMatchObject({ code: 'keys_unavailable', status: 503, headers: { 'Retry-After': '1' } })
    expect(await store.list('carol')).toEqual([])
  })
})

describe('refused at start', () => {
  const ed = jwkOf('EdDSA')
  const low = { kty: 'OKP', crv: 'Ed25519', x: encode(new Uint8Array(32)) }
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const spoilt = (alg: Alg, more: object) => ({ ...jwkOf(alg), ...more })
  const off = Buffer.alloc(32, 7).toString('base64url')
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'must be "secret"'],
    ['an empty key', '', 'is empty'],
    ['a string that is no key', OTHER_SECRET, 'is neither "secret" nor a key in PEM'],
    ['white space before a PEM', ` ${pemOf('EdDSA')}`, 'has white space'],
    [
      'PKCS #1',
      String(pairs.RS256.privateKey.export({ format: 'pem', type: 'pkcs1' as 'pkcs8' })),
      'PKCS #8',
    ],
    ['a damaged PEM', pemOf('EdDSA').replace(/M[A-Z]/, 'AA'), 'cannot be read'],
    ['an RSA key of 1024 bits', small.export({ format: 'jwk' }), 'RSA key of 1024 bits'],
    ['the same as PEM', small.export({ format: 'pem', type: 'pkcs8' }), 'RSA key of 1024 bits'],
    ['an exponent of 1', { ...publicOf('RS256'), e: 'AQ' }, 'exponent'],
    ['another curve', p384.export({ format: 'jwk' }), 'must be an Ed25519, P-256 or RSA key'],
    ['a point off P-256', { ...publicOf('ES256'), x: off }, 'cannot be read'],
    ['a point off Ed25519', { ...publicOf('EdDSA'), x: off }, 'not a point'],
    ['a point of low order', low, 'not a point'],
    [
      'halves of two keys',
      spoilt('EdDSA', { x: pairOf.EdDSA().publicKey.export({ format: 'jwk' }).x }),
      'do not belong together',
    ],
    ['a key for encryption', spoilt('RS256', { use: 'enc' }), 'its use is not "sig"'],
    ['another algorithm', spoilt('RS256', { alg: 'PS256' }), 'used with RS256'],
    ['operations without signing', spoilt('EdDSA', { key_ops: ['verify'] }), 'do not list "sign"'],
    ['a lost member', { ...ed, x: undefined }, 'lacks the member x'],
    ['some private members', { ...jwkOf('RS256'), qi: undefined }, 'some private members'],
    ['a kid that is none', spoilt('EdDSA', { kid: 7 }), 'has a kid'],
    ['a shared key without kid', { kty: 'oct', k: encode(OTHER_SECRET) }, 'needs a kid'],
    ['a short shared key', { kty: 'oct', kid: 'a', k: 'c2hvcnQ' }, '32 random bytes'],
    [
      'a shared key of another algorithm',
      { kty: 'oct', kid: 'a', k: encode(OTHER_SECRET), alg: 'HS512' },
      'HS256',
    ],
    [
      'a shared key for encryption',
      { kty: 'oct', kid: 'a', k: encode(OTHER_SECRET), use: 'enc' },
      'its use is not "sig"',
    ],
    ['the secret as a shared key', { kty: 'oct', kid: 'a', k: encode(SECRET) }, 'the secret itself'],
    ['a private key beside a signer', { jwk: ed, sign: () => new Uint8Array(64) }, 'wants the public one'],
    ['a signer without key', { sign: () => new Uint8Array(64) }, 'needs both'],
  ])('%s', (_, key, problem) => {
    const message = problemsOf('secret', key)
    expect(message).toContain(`keys`)
    expect(message).toContain(problem)
    for (const secret of [ed.d, jwkOf('RS256').d, OTHER_SECRET]) expect(message).not.toContain(String(secret))
  })
  test('the same key, or kid, twice; and all problems in one error', () => {
    expect(problemsOf(ed, publicOf('EdDSA'))).toContain('twice')
    expect(problemsOf({ ...ed, kid: 'a' }, { ...jwkOf('ES256'), kid: 'a' })).toContain('twice')
    expect(problemsOf('secret', 'secret')).toContain('twice')
    expect(problemsOf('', low).split('\n- ')).toHaveLength(3)
    expect(problemsOf()).toContain('list of one key or more')
  })
})
