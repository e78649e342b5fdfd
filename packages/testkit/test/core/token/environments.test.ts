/** security.md J1, J2 and design section 9: tokens of development and production never meet, and four layers see to it. */

import { modelStore } from '@auth/contracts'
import { createAuth } from '@auth/core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Members,
  openScene,
  outcomeOf,
  present,
  refusal,
  refusedFor,
  rows,
  type Scene,
  SECRET,
} from './scene.js'

let production: Scene
let development: Scene
beforeAll(async () => {
  production = await openScene({ environment: 'production' })
  development = await openScene({ environment: 'development' })
})

test('under one secret, the tokens of either are unknown to the other', async () => {
  expect(await present(production, development.pair.accessToken)).toEqual(refusal(production, 'unknown_key'))
  expect(await present(development, production.pair.accessToken)).toEqual(refusal(development, 'unknown_key'))
  for (const [at, from] of [
    [production, development],
    [development, production],
  ] as const) {
    const calls = at.calls.length
    expect(await outcomeOf(at.auth.refresh(from.pair.refreshToken))).toEqual(refusedFor('unknown_key'))
    expect(at.calls).toHaveLength(calls)
  }
})

test('the tokens of each say where they are from', () => {
  expect(production.payload).toMatchObject({ iss: 'app', aud: 'app' })
  expect(production.payload).not.toHaveProperty('env')
  expect(development.payload).toMatchObject({ iss: 'development:app', aud: 'app', env: 'development' })
  expect(development.header.kid).not.toBe(production.header.kid)
})

type Layer = { readonly header?: Members; readonly payload?: Members }
const layers = (from: Scene): Record<string, [Layer, reason: string]> => ({
  kid: [{ header: { kid: from.header.kid } }, 'unknown_key'],
  issuer: [{ payload: { iss: from.payload.iss } }, 'wrong_issuer'],
  marker: [{ payload: { env: from.payload.env } }, 'wrong_environment'],
})

describe.each(['kid', 'issuer', 'marker'])('the %s alone', (layer) => {
  test('keeps a development token out of production', async () => {
    const [forgery, reason] = layers(development)[layer] ?? []
    expect(await present(production, production.forge(forgery))).toEqual(refusal(production, String(reason)))
  })
  test('keeps a production token out of development', async () => {
    const [forgery, reason] = layers(production)[layer] ?? []
    expect(await present(development, development.forge(forgery))).toEqual(
      refusal(development, String(reason)),
    )
  })
})

test.each(rows<unknown>(null, false, 0, '', 'production', 'Development', ['development'], {}))(
  'the marker $value is neither',
  async ({ value: env }) => {
    for (const scene of [production, development]) {
      expect(await present(scene, scene.forge({ payload: { env } }))).toEqual(
        refusal(scene, 'wrong_environment'),
      )
    }
  },
)

test('a production issuer that looks like one of development does not help', async () => {
  const posing = await openScene({ issuer: 'development:app', audience: 'app' })
  const token = posing.forge({ payload: development.payload })
  expect(await present(posing, token)).toEqual(refusal(posing, 'wrong_environment'))
})

test('"test" is development too', async () => {
  const own = await openScene({ environment: 'test' })
  expect(own.payload.env).toBe('development')
  expect(await present(production, own.pair.accessToken)).toEqual(refusal(production, 'unknown_key'))
})

describe('without a secret, which development allows', () => {
  const open = () => {
    const store = modelStore()
    return createAuth({ store, environment: 'development', onEvent: () => undefined })
  }
  test('each createAuth draws its own, and no two accept the same tokens', async () => {
    const [one, two] = [open(), open()]
    const pair = await one.login({ subject: 'alice' })
    await two.login({ subject: 'alice' })
    expect((await one.authenticate(pair.accessToken)).subject).toBe('alice')
    expect(await outcomeOf(two.authenticate(pair.accessToken))).toEqual(refusedFor('unknown_key'))
    expect(await outcomeOf(two.refresh(pair.refreshToken))).toEqual(refusedFor('unknown_key'))
  })
  test('one that has a secret does not accept them either', async () => {
    const pair = await open().login({ subject: 'alice' })
    const settled = createAuth({
      secret: SECRET,
      store: modelStore(),
      environment: 'development',
      onEvent: () => undefined,
    })
    expect(await outcomeOf(settled.authenticate(pair.accessToken))).toEqual(refusedFor('unknown_key'))
  })
})

describe('a token works only on the way that it was issued for', () => {
  test.each(['cookie', 'bearer'] as const)('%s', async (transport) => {
    const { auth, ...scene } = await openScene()
    const pair = await auth.login({ subject: 'bob', transport })
    const other = transport === 'cookie' ? 'bearer' : 'cookie'
    expect(await present({ auth, ...scene }, pair.accessToken, { transport: other })).toEqual(
      refusal({ auth, ...scene }, 'wrong_transport', pair.principal),
    )
    expect((await present({ auth, ...scene }, pair.accessToken, { transport })).outcome).toBe('accepted')
    expect((await present({ auth, ...scene }, pair.accessToken)).outcome).toBe('accepted')
  })
})
