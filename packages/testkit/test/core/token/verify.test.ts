/** security.md A1, A10, A11, B1-B5, B8: the signature first, one algorithm for one key, and no say for the header. */

import { createHmac, generateKeyPairSync } from 'node:crypto'
import { CompactSign } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  OTHER_SECRET,
  openScene,
  partsOf,
  present,
  refusal,
  rows,
  type Scene,
  SECRET,
  sign,
} from './scene.js'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})

describe('a token that was tampered with has a bad signature', () => {
  type Change = (header: string, payload: string, signature: string, scene: Scene) => string
  const CHANGES: Record<string, Change> = {
    'another subject in the payload': (h, _, s, { forge }) =>
      `${h}.${partsOf(forge({ payload: { sub: 'mallory' } }))[1]}.${s}`,
    'a later end in the payload': (h, _, s, { forge, now }) =>
      `${h}.${partsOf(forge({ payload: { exp: now + 3000 } }))[1]}.${s}`,
    'another type in the header': (_, p, s, { forge }) =>
      `${partsOf(forge({ header: { typ: 'application/at+jwt' } }))[0]}.${p}.${s}`,
    'a flipped bit in the signature': (h, p, s) => `${h}.${p}.${s.startsWith('A') ? 'B' : 'A'}${s.slice(1)}`,
    'half a signature': (h, p, s) => `${h}.${p}.${s.slice(0, 20)}`,
    'a signature of one byte': (h, p) => `${h}.${p}.AA`,
    'a signature one byte longer': (h, p, s) => `${h}.${p}.${s}A`,
    'a signature of zeros': (h, p) => `${h}.${p}.${'A'.repeat(43)}`,
    'the signature of another token': (h, p, _, { pair }) => `${h}.${p}.${partsOf(pair.accessToken)[2]}`,
    'the signature over the payload alone': (h, p) =>
      `${h}.${p}.${createHmac('sha256', SECRET).update(p).digest('base64url')}`,
    'header and payload exchanged': (h, p, s) => `${p}.${h}.${s}`,
    'another secret': (_h, _p, _s, { forge }) => forge({ secret: OTHER_SECRET }),
    'an empty secret': (_h, _p, _s, { forge }) => forge({ secret: '' }),
    'the secret "undefined"': (_h, _p, _s, { forge }) => forge({ secret: 'undefined' }),
    'the secret with a line break': (_h, _p, _s, { forge }) => forge({ secret: `${SECRET}\n` }),
    'the secret read as base64': (h, p) =>
      `${h}.${p}.${createHmac('sha256', Buffer.from(SECRET, 'base64url')).update(`${h}.${p}`).digest('base64url')}`,
    'the key id for a secret': (_h, _p, _s, { forge, header }) => forge({ secret: String(header.kid) }),
    'SHA-512 under the right secret': (_h, _p, _s, { forge }) => forge({ hash: 'sha512' }),
  }
  test.each(Object.entries(CHANGES))('%s', async (name, change) => {
    const token = change(...partsOf(scene.forge({ payload: { jti: 'by-hand' } })), scene)
    // What stands in the place of the header must look like one before any signature is reached.
    const reason = name === 'header and payload exchanged' ? 'malformed' : 'bad_signature'
    expect(await present(scene, token)).toEqual(refusal(scene, reason))
  })

  test('a claim is not read before the signature holds: an expired forgery is a bad signature', async () => {
    const token = scene.forge({ payload: { exp: 1, iss: 7, sub: null }, secret: OTHER_SECRET })
    expect(await present(scene, token)).toEqual(refusal(scene, 'bad_signature'))
  })
})

describe('the header never chooses the algorithm', () => {
  const ALGORITHMS = [
    ...['none', 'None', 'NONE', 'nOnE', 'none ', ' none', 'none\0', 'hs256', 'Hs256', 'HS256 ', ''],
    ...[
      'HS384',
      'HS512',
      'HS1',
      'RS256',
      'PS256',
      'ES256',
      'EdDSA',
      'Ed25519',
      'A128KW',
      'dir',
      'PBES2-HS256+A128KW',
    ],
    ...['__proto__', 'constructor', 'toString'],
  ]
  test.each(ALGORITHMS)('%j, signed with our secret', async (alg) => {
    expect(await present(scene, scene.forge({ header: { alg } }))).toEqual(refusal(scene, 'wrong_algorithm'))
  })

  test.each(['none', 'None', 'NONE', 'nOnE'])('%s without a signature is malformed', async (alg) => {
    const [header, payload] = partsOf(scene.forge({ header: { alg } }))
    expect(await present(scene, `${header}.${payload}.`)).toEqual(refusal(scene, 'malformed'))
    expect(await present(scene, `${header}.${payload}.AA`)).toEqual(refusal(scene, 'wrong_algorithm'))
  })

  test.each(['HS384', 'HS512'] as const)('%s, rightly computed by jose under our secret', async (alg) => {
    const token = await new CompactSign(Buffer.from(JSON.stringify(scene.payload)))
      .setProtectedHeader({ ...scene.header, alg })
      .sign(Buffer.from(SECRET))
    expect(await present(scene, token)).toEqual(refusal(scene, 'wrong_algorithm'))
  })

  test('RS256, rightly computed by jose under a key of the attacker', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const token = await new CompactSign(Buffer.from(JSON.stringify(scene.payload)))
      .setProtectedHeader({ ...scene.header, alg: 'RS256' })
      .sign(privateKey)
    expect(await present(scene, token)).toEqual(refusal(scene, 'wrong_algorithm'))
  })

  const NONE = rows<unknown>(undefined, null, 256, true, {}, [], ['HS256'], { toString: 'HS256' })
  test.each(NONE)('$value is no algorithm', async ({ value: alg }) => {
    expect(await present(scene, scene.forge({ header: { alg } }))).toEqual(refusal(scene, 'malformed'))
  })
})

describe('the header brings no key, no extension and no encoding, whatever its value', () => {
  const members = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256']
  const values = [null, 0, '', false, [], {}, true, 'DEF', ['exp'], 'https://evil.example/jwks.json']
  const cases = members.flatMap((member) => values.map((value) => ({ member, value })))

  test.each(cases)('$member: $value', async ({ member, value }) => {
    const token = scene.forge({ header: { [member]: value } })
    expect(await present(scene, token)).toEqual(refusal(scene, 'malformed'))
  })

  test('b64: false with the unencoded payload that it promises (RFC 7797)', async () => {
    const [header] = partsOf(scene.forge({ header: { b64: false, crit: ['b64'] } }))
    expect(await present(scene, sign(header, JSON.stringify(scene.payload)))).toEqual(
      refusal(scene, 'malformed'),
    )
  })

  test("the attacker's own public key beside his own signature", async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const token = await new CompactSign(Buffer.from(JSON.stringify(scene.payload)))
      .setProtectedHeader({ ...scene.header, alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) })
      .sign(privateKey)
    expect(await present(scene, token)).toEqual(refusal(scene, 'malformed'))
  })

  test('members that mean nothing to us are let through', async () => {
    const token = scene.forge({ header: { cty: 'JWT', nonce: 1, constructor: 1, alg2: 'none' } })
    expect((await present(scene, token)).outcome).toBe('accepted')
  })

  test('__proto__ gives the header nothing', async () => {
    const { kid, ...rest } = scene.header
    const header = `${JSON.stringify(rest).slice(0, -1)},"__proto__":{"kid":${JSON.stringify(kid)}}}`
    expect(await present(scene, scene.forge({ header }))).toEqual(refusal(scene, 'malformed'))
  })
})

describe('the key id is looked up and nothing else', () => {
  const KIDS = [
    ...[undefined, null, '', 0, 1, true, {}, [], ['kid'], 'x'.repeat(128), 'x'.repeat(129), 'x'.repeat(4000)],
    ...['unknown', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size', '0'],
    ...[
      '../../../../dev/null',
      '/dev/null',
      'C:\\key',
      "' OR 1=1 --",
      '\0',
      '\u2028',
      'http://evil.example/',
    ],
  ]
  test.each(rows(...KIDS))('$value, signed with our secret', async ({ value: kid }) => {
    expect(await present(scene, scene.forge({ header: { kid } }))).toEqual(refusal(scene, 'unknown_key'))
  })

  test('our own in another spelling', async () => {
    const kid = String(scene.header.kid)
    for (const other of [`${kid} `, ` ${kid}`, `${kid}=`, kid.toLowerCase(), [kid], { kid }]) {
      if (other === kid) continue
      expect(await present(scene, scene.forge({ header: { kid: other } }))).toEqual(
        refusal(scene, 'unknown_key'),
      )
    }
  })

  test('it is the same on every node, eleven characters, and not a hash of the secret', async () => {
    const kid = String(scene.header.kid)
    expect((await openScene()).header.kid).toBe(kid)
    expect((await openScene({ secret: OTHER_SECRET })).header.kid).not.toBe(kid)
    expect(kid).toMatch(/^[A-Za-z0-9_-]{11}$/)
    for (const hash of ['sha1', 'sha256', 'sha512']) {
      for (const hmac of [createHmac(hash, SECRET), createHmac(hash, '').update(SECRET)]) {
        expect(hmac.digest('base64url')).not.toContain(kid)
      }
    }
  })
})

describe('the type is that of an access token (RFC 9068)', () => {
  test.each(['at+jwt', 'AT+JWT', 'At+Jwt', 'application/at+jwt', 'Application/AT+JWT'])(
    '%s is',
    async (typ) => {
      expect((await present(scene, scene.forge({ header: { typ } }))).outcome).toBe('accepted')
    },
  )
  const OTHERS = [
    ...[
      'JWT',
      'jwt',
      'application/jwt',
      'rt+jwt',
      'logout+jwt',
      'dpop+jwt',
      'id_token',
      '',
      ' at+jwt',
      'at+jwt ',
    ],
    ...[
      'application/application/at+jwt',
      'text/at+jwt',
      '/at+jwt',
      'at+jwt; a=b',
      'xat+jwt',
      'at+jwtx',
      'at jwt',
    ],
  ]
  test.each(OTHERS)('%j is not', async (typ) => {
    expect(await present(scene, scene.forge({ header: { typ } }))).toEqual(refusal(scene, 'wrong_type'))
  })
  test.each(rows<unknown>(undefined, null, 1, {}, ['at+jwt']))(
    '$value is no type',
    async ({ value: typ }) => {
      expect(await present(scene, scene.forge({ header: { typ } }))).toEqual(refusal(scene, 'malformed'))
    },
  )
})
