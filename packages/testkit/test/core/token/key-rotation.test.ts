/** security.md C1-C5: a secret is exchanged in three deploys, and nobody is signed out before the last. */

import { fakeClock, modelStore } from '@auth/contracts'
import { type AuthEvent, type AuthOptions, createAuth, type Pair } from '@auth/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { decode, OTHER_SECRET, openScene, outcomeOf, partsOf, refusedFor, SECRET, sign } from './scene.js'

const [A, B] = [SECRET, OTHER_SECRET]
let clock: ReturnType<typeof fakeClock>
let store: ReturnType<typeof modelStore>
let events: AuthEvent[]
beforeEach(() => {
  clock = fakeClock()
  store = modelStore(clock.now)
  events = []
})

/** One node of the fleet, all on one store. */
const node = (secret: AuthOptions['secret'], more: Partial<AuthOptions> = {}) =>
  createAuth({
    secret,
    store,
    environment: 'production',
    now: clock.now,
    onEvent: (event) => events.push(event),
    ...more,
  })
const kidOf = async (secret: string) => String((await openScene({ secret })).header.kid)
const kidsIn = ({ accessToken, refreshToken }: Pair) => [
  decode(partsOf(accessToken)[0]).kid,
  refreshToken.split('.')[4],
]
const typesOf = (list: readonly AuthEvent[]) => list.map(({ type }) => type)

test('[A], [A, B], [B, A], [B]: the session survives, and its tokens change keys on the way', async () => {
  const [kidA, kidB] = [await kidOf(A), await kidOf(B)]
  let pair = await node(A).login({ subject: 'alice', transport: 'bearer' })
  expect(kidsIn(pair)).toEqual([kidA, kidA])

  const deploys = [
    { secret: [A], kid: kidA, rotated: [] },
    { secret: [A, B], kid: kidA, rotated: [] },
    { secret: [B, A], kid: kidB, rotated: [{ type: 'key_rotated', from: kidA, to: kidB, subject: 'alice' }] },
    { secret: [B], kid: kidB, rotated: [] },
  ]
  for (const { secret, kid, rotated } of deploys) {
    const auth = node(secret)
    clock.advance(300)
    expect((await auth.authenticate(pair.accessToken)).sessionId).toBe(pair.principal.sessionId)
    events = []
    pair = await auth.refresh(pair.refreshToken)
    expect(kidsIn(pair)).toEqual([kid, kid])
    expect(events.filter(({ type }) => type === 'key_rotated')).toMatchObject(rotated)
    expect((await auth.authenticate(pair.accessToken)).subject).toBe('alice')
  }
})

describe.each([
  { fleet: [[A], [A, B]] },
  {
    fleet: [
      [A, B],
      [B, A],
    ],
  },
  { fleet: [[B, A], [B]] },
])('while a fleet is half deployed', ({ fleet: [from = [], to = []] }) => {
  test('tokens of either half work at the other, refreshed to and fro', async () => {
    const nodes = [node(from), node(to)] as const
    let pair = await nodes[0].login({ subject: 'alice', transport: 'bearer' })
    // The last deploy may only begin when every session has been refreshed under B.
    for (let turn = 0; turn < 6; turn += 1) {
      clock.advance(60)
      pair = await nodes[turn % 2 === 0 ? 1 : 0].refresh(pair.refreshToken)
      for (const auth of nodes) expect((await auth.authenticate(pair.accessToken)).subject).toBe('alice')
    }
    expect(typesOf(events)).not.toContain('reuse_detected')
  })
})

test('a token of the coming key is refused by a node that was left out, and that is no reuse', async () => {
  const [late, early] = [node([A]), node([B, A])]
  const pair = await early.login({ subject: 'alice', transport: 'bearer' })
  const before = await store.find(pair.principal.sessionId)
  clock.advance(600)

  expect(await outcomeOf(late.authenticate(pair.accessToken))).toEqual(refusedFor('unknown_key'))
  expect(await outcomeOf(late.refresh(pair.refreshToken))).toEqual(refusedFor('unknown_key'))
  await late.logout({ accessToken: pair.accessToken, refreshToken: pair.refreshToken })

  expect((await store.find(pair.principal.sessionId)).record).toEqual(before.record)
  expect(typesOf(events)).not.toContain('reuse_detected')
  expect(await outcomeOf(early.refresh(pair.refreshToken))).toBe('accepted')
})

test('a leaked key is dropped: all that it ever signed is dead at once, and the session only for its holder', async () => {
  const pair = await node([A]).login({ subject: 'alice', transport: 'bearer' })
  clock.advance(60)
  const renewed = await node([B, A]).refresh(pair.refreshToken)
  const other = await node([A]).login({ subject: 'bob', transport: 'bearer' })
  const auth = node([B])
  clock.advance(60)

  for (const token of [pair.accessToken, other.accessToken]) {
    expect(await outcomeOf(auth.authenticate(token))).toEqual(refusedFor('unknown_key'))
  }
  for (const token of [pair.refreshToken, other.refreshToken]) {
    expect(await outcomeOf(auth.refresh(token))).toEqual(refusedFor('unknown_key'))
  }
  expect((await auth.authenticate(renewed.accessToken)).subject).toBe('alice')
  expect(await outcomeOf(auth.refresh(renewed.refreshToken))).toBe('accepted')
  expect(typesOf(events)).not.toContain('reuse_detected')
})

test('reuse is still seen across keys: a spent token of A, replayed under [B, A]', async () => {
  const pair = await node([A]).login({ subject: 'alice', transport: 'bearer' })
  const auth = node([B, A])
  let current = await auth.refresh(pair.refreshToken)
  for (const wait of [60, 60]) {
    clock.advance(wait)
    current = await auth.refresh(current.refreshToken)
  }
  clock.advance(60)
  expect(await outcomeOf(auth.refresh(pair.refreshToken))).toEqual(refusedFor('refresh_reused'))
  expect(typesOf(events).filter((type) => type === 'reuse_detected')).toHaveLength(1)
  expect(await outcomeOf(auth.refresh(current.refreshToken))).toEqual(refusedFor('session_not_found'))
})

test('within the overlap the access token is of the new key, and no refresh token leaves that was not presented', async () => {
  const pair = await node([A]).login({ subject: 'alice', transport: 'bearer' })
  const before = await store.find(pair.principal.sessionId)
  const [one, two] = [
    await node([B, A]).refresh(pair.refreshToken),
    await node([B, A]).refresh(pair.refreshToken),
  ]
  expect([one.refreshToken, two.refreshToken]).toEqual([pair.refreshToken, pair.refreshToken])
  expect([one.rotated, two.rotated]).toEqual([false, false])
  expect(kidsIn(one)).toEqual([await kidOf(B), await kidOf(A)])
  expect(await store.find(pair.principal.sessionId)).toEqual(before)
})

test('a key works under its own name only: no other key is tried', async () => {
  const auth = node([A, B])
  const { accessToken } = await auth.login({ subject: 'alice', transport: 'bearer' })
  const [header, payload] = partsOf(accessToken)
  expect(decode(header).kid).toBe(await kidOf(A))
  expect(await outcomeOf(auth.authenticate(sign(header, payload, A)))).toBe('accepted')
  expect(await outcomeOf(auth.authenticate(sign(header, payload, B)))).toEqual(refusedFor('bad_signature'))
})

test('logout works with a token of the key that is on its way out', async () => {
  const pair = await node([A]).login({ subject: 'alice', transport: 'bearer' })
  await node([B, A]).logout({ refreshToken: pair.refreshToken })
  expect((await store.find(pair.principal.sessionId)).record).toBeNull()
})
