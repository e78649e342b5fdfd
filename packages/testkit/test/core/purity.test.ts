/** Design section 12: Workers forbid random values and timers while a module loads, so createAuth uses neither. */

import { modelStore } from '@auth/contracts'
import { createAuth } from '@auth/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { platform } from '../../../core/src/platform/node.js'
import { loadPortableCore } from './portable.js'
import { SECRET } from './token/scene.js'

const { setTimeout: genuine } = globalThis
const forbid = () => [
  vi.spyOn(crypto, 'getRandomValues'),
  vi.spyOn(crypto, 'randomUUID'),
  vi.spyOn(Math, 'random'),
  ...(['importKey', 'deriveKey', 'deriveBits', 'sign', 'verify', 'digest', 'generateKey'] as const).map(
    (name) => vi.spyOn(crypto.subtle, name),
  ),
  ...(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'] as const).map((name) =>
    vi.spyOn(globalThis, name),
  ),
  ...(['hmacKey', 'hkdf', 'sha256'] as const).map((name) => vi.spyOn(platform, name)),
  vi.spyOn(process, 'nextTick'),
  vi.spyOn(console, 'warn').mockImplementation(() => undefined),
]
let spies: ReturnType<typeof forbid>
beforeEach(() => {
  spies = forbid()
})
afterEach(() => vi.restoreAllMocks())
const used = () => spies.filter((spy) => spy.mock.calls.length > 0).map((spy) => spy.getMockName())

test.each([
  { name: 'in production', options: { secret: SECRET, environment: 'production' } },
  {
    name: 'in production with several secrets',
    options: { secret: [SECRET, `${SECRET}x`], environment: 'production' },
  },
  { name: 'in development', options: { secret: SECRET, environment: 'development' } },
  { name: 'in development without a secret', options: { environment: 'development' } },
] as const)(
  'createAuth is synchronous and draws no random, starts no timer, asks no store, $name',
  ({ options }) => {
    const calls: string[] = []
    const store = new Proxy(modelStore(), {
      get: (target, key: 'find') => {
        const value: unknown = target[key]
        return typeof value === 'function' ? () => calls.push(key) : value
      },
    })
    const now = vi.fn(Date.now)
    const onEvent = vi.fn()
    const claims = vi.fn(() => ({}))

    const auth = createAuth({ ...options, store, now, onEvent, claims })

    expect(auth).not.toHaveProperty('then')
    expect(used()).toEqual([])
    expect(calls).toEqual([])
    for (const given of [now, onEvent, claims]) expect(given).not.toHaveBeenCalled()
  },
)

test('the random secret of development is drawn at the first use, once', async () => {
  const auth = createAuth({ store: modelStore(), environment: 'development', onEvent: () => undefined })
  const drawn = () =>
    vi.mocked(crypto.getRandomValues).mock.calls.filter(([array]) => array?.byteLength === 32).length
  expect(drawn()).toBe(0)
  await Promise.all([auth.login({ subject: 'alice' }), auth.login({ subject: 'bob' })])
  expect(drawn()).toBe(1)
  await auth.close()
})

test('all that signing and verifying need is derived once, however many requests come at once', async () => {
  const auth = createAuth({
    secret: SECRET,
    store: modelStore(),
    environment: 'production',
    onEvent: () => undefined,
  })
  const derived = vi.mocked(platform.hkdf)
  const pairs = await Promise.all(['alice', 'bob', 'carol'].map((subject) => auth.login({ subject })))
  await Promise.all(pairs.map(({ accessToken }) => auth.authenticate(accessToken)))
  expect(derived.mock.calls.map(([, purpose]) => purpose)).toEqual([
    'auth/1 production key id',
    'auth/1 production refresh token',
  ])
  await auth.close()
})

test('all is derived once where the platform answers in promises as well', async () => {
  const { createAuth: create } = await loadPortableCore()
  const auth = create({ secret: SECRET, store: modelStore(), environment: 'production', onEvent: () => 0 })
  const pairs = await Promise.all(['alice', 'bob', 'carol'].map((subject) => auth.login({ subject })))
  await Promise.all(pairs.map(({ accessToken }) => auth.authenticate(accessToken)))
  expect(crypto.subtle.deriveBits).toHaveBeenCalledTimes(2)
  expect(platform.hkdf).not.toHaveBeenCalled()
  await auth.close()
})

test('no random and no timer are used while the modules themselves are loading', async () => {
  // The test runner waits with timers of its own while it loads; ours have our path on their stack.
  const timers: string[] = []
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((...args: Parameters<typeof setTimeout>) => {
    timers.push(new Error().stack ?? '')
    return genuine(...args)
  }) as typeof setTimeout)
  const ours = () => timers.filter((stack) => stack.includes('/core/src/'))
  vi.resetModules()
  const fresh = await import('@auth/core')
  const auth = fresh.createAuth({ secret: SECRET, store: modelStore(), onEvent: () => undefined })
  expect(fresh.createAuth).not.toBe(createAuth)
  const runners = ['setTimeout', 'setImmediate', 'queueMicrotask', 'nextTick', 'fetch']
  expect(used().filter((name) => !runners.includes(name))).toEqual([])
  expect(ours()).toEqual([])
  const { accessToken } = await auth.login({ subject: 'alice' })
  expect((await auth.authenticate(accessToken, { revocation: 'none' })).subject).toBe('alice')
  expect(used()).toContain('getRandomValues')
  expect(ours()).not.toEqual([])
})
