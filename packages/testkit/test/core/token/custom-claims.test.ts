/** security.md A14, A15: identifiers, the application's own claims, and payloads that try to be more than data. */

import type { AuthOptions } from '@auth/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { createKeySource } from '../../../../core/src/keys/ring.js'
import { signAccessToken } from '../../../../core/src/token/sign.js'
import {
  decode,
  encode,
  type Members,
  openScene,
  outcomeOf,
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

describe('identifiers are texts of 1 to 255 characters, and ours are of the right kind', () => {
  const IDENTIFIERS = ['sub', 'sid', 'jti'].flatMap((member) =>
    [undefined, null, '', 0, 1, true, [], ['alice'], {}, 'x'.repeat(256)].map((value) => ({ member, value })),
  )
  const OTHERS = [
    ...[undefined, null, '0', 0.5, Number.MAX_SAFE_INTEGER + 1, {}].map((value) => ({
      member: 'epoch',
      value,
    })),
    ...[undefined, null, '', 'Bearer', 'cookies', 0, ['bearer']].map((value) => ({
      member: 'transport',
      value,
    })),
  ]
  test.each([...IDENTIFIERS, ...OTHERS])('$member: $value', async ({ member, value }) => {
    const token = scene.forge({ payload: { [member]: value } })
    expect(await present(scene, token)).toEqual(refusal(scene, 'bad_claims'))
  })
  test('half a character is no text', async () => {
    const token = scene.forge({ payload: JSON.stringify(scene.payload).replace('"alice"', '"\\ud800"') })
    expect(await present(scene, token)).toEqual(refusal(scene, 'bad_claims'))
  })
})

describe('a payload pollutes nothing', () => {
  test('__proto__ is refused', async () => {
    const payload = `${JSON.stringify(scene.payload).slice(0, -1)},"__proto__":{"admin":true}}`
    expect(await present(scene, scene.forge({ payload }))).toEqual(refusal(scene, 'malformed'))
    expect(({} as Members).admin).toBeUndefined()
  })
  test('registered claims are not inherited', async () => {
    const { sub, ...rest } = scene.payload
    const payload = `${JSON.stringify(rest).slice(0, -1)},"__proto__":{"sub":${JSON.stringify(sub)}}}`
    expect((await present(scene, scene.forge({ payload }))).outcome).not.toBe('accepted')
  })
  test('and a prototype that other code polluted lends it nothing', async () => {
    const polluted = Object.prototype as Members
    for (const [part, member] of [
      ['header', 'kid'],
      ['header', 'typ'],
      ['payload', 'sub'],
      ['payload', 'exp'],
    ] as const) {
      const token = scene.forge({ [part]: { [member]: undefined } })
      polluted[member] = scene[part][member]
      try {
        expect((await present(scene, token)).outcome).toMatchObject({ code: 'invalid_token' })
      } finally {
        delete polluted[member]
      }
    }
  })
  test('constructor and toString are claims like others', async () => {
    const token = scene.forge({ payload: { constructor: 'c', toString: 't', hasOwnProperty: 0 } })
    const { claims } = await scene.auth.authenticate(token)
    expect(Object.entries(claims)).toEqual([
      ['constructor', 'c'],
      ['toString', 't'],
      ['hasOwnProperty', 0],
    ])
    expect(Object.getPrototypeOf(claims)).toBe(Object.prototype)
  })
  test('of a member written twice the last counts, in header and payload alike (RFC 7519 section 4)', async () => {
    const twice = (json: string, member: string, first: string) => `{"${member}":${first},${json.slice(1)}`
    const [header, payload] = [JSON.stringify(scene.header), JSON.stringify(scene.payload)]
    const token = sign(encode(twice(header, 'alg', '"none"')), encode(twice(payload, 'sub', '"mallory"')))
    expect((await scene.auth.authenticate(token)).subject).toBe('alice')
    const reversed = sign(partsOf(token)[0], encode(`${payload.slice(0, -1)},"sub":"mallory"}`))
    expect((await scene.auth.authenticate(reversed, { revocation: 'none' })).subject).toBe('mallory')
  })
})

describe('the application cannot write claims that are ours', () => {
  const RESERVED = 'iss aud sub exp nbf iat jti sid auth_time epoch transport env cnf act __proto__'.split(
    ' ',
  )
  const opened = (claims: unknown) => openScene({ claims: claims as NonNullable<AuthOptions['claims']> })

  test.each(RESERVED)('%s', async (name) => {
    const claims = () => JSON.parse(`{"role":"user","${name}":1}`)
    const outcome = await outcomeOf(opened(claims))
    expect(outcome).toMatchObject({ name: 'AuthError', code: 'claims_invalid', status: 500 })
    expect((outcome as Members).message).toContain(name)
  })
  test('were one of them let through, ours would still be written over it', async () => {
    const { principal } = scene.pair
    const claims = {
      sub: 'mallory',
      iss: 'evil',
      aud: 'evil',
      exp: 9e9,
      sid: 'x',
      epoch: 9e15,
      transport: 'cookie',
    }
    const settings = { issuer: 'app', audience: 'app', development: false }
    const { signing } = await createKeySource({
      secrets: [SECRET],
      development: false,
      specs: [{ kind: 'secret' }],
    }).load()
    const token = await signAccessToken(signing, settings, {
      ...principal,
      claims,
      epoch: Number(scene.payload.epoch),
    })
    expect(decode(partsOf(token)[1])).toEqual(scene.payload)
  })
  test('not by toJSON either', async () => {
    const outcome = await outcomeOf(opened(() => ({ toJSON: () => ({ sub: 'mallory' }) })))
    expect(outcome).toMatchObject({ code: 'claims_invalid' })
  })
  const circular: Members = {}
  circular.self = circular
  test.each(
    rows<unknown>(
      undefined,
      'admin',
      5,
      true,
      [],
      Symbol('c'),
      () => ({}),
      circular,
      { a: 1n },
      { toJSON: () => null },
    ),
  )('and $value cannot be claims at all', async ({ value }) => {
    expect(await outcomeOf(opened(() => value))).toMatchObject({ name: 'AuthError', code: 'claims_invalid' })
  })
  test('its own claims come back as they were', async () => {
    const claims = { role: 'admin', nested: { list: [1, null, 'ä\u2028'] }, constructor: 1 }
    const own = await opened(() => claims)
    expect((await own.auth.authenticate(own.pair.accessToken)).claims).toEqual(claims)
  })
})
