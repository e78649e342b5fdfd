import { fakeClock, modelStore } from '@auth/contracts'
import { type AuthEvent, createAuth, isAuthError, type TokenStore } from '@auth/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const secret = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
const open = (changes: Partial<TokenStore> = {}, options: object = {}) => {
  const clock = fakeClock()
  const inner = modelStore(clock.now)
  const store = { ...inner, ...changes }
  const events: AuthEvent[] = []
  const onEvent = (event: AuthEvent) => events.push(event)
  const auth = createAuth({
    secret,
    environment: 'production',
    store,
    now: clock.now,
    onEvent,
    overlap: 1,
    ...options,
  })
  return { auth, clock, inner, events, types: () => events.map(({ type }) => type) }
}
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (isAuthError(error) ? error.code : error),
  )

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('one old token cannot fill the feed, however often it logs out', async () => {
  const { auth, inner, clock } = open()
  const { accessToken } = await auth.login({ subject: 'alice' })
  for (let at = 0; at < 20; at += 1) await auth.logout({ accessToken })
  expect((await inner.marks()).marks.length).toBe(1)
  clock.advance(24 * 3600)
  for (let at = 0; at < 20; at += 1) await auth.logout({ accessToken })
  expect((await inner.marks()).marks.length).toBe(0)
})

test('a token whose row is lost is still ended by its logout', async () => {
  const { auth, inner, clock } = open()
  const { accessToken, principal } = await auth.login({ subject: 'alice' })
  await inner.revoke({ kind: 'session', sessionId: principal.sessionId }, { markFor: 1 })
  clock.advance(1)
  await auth.logout({ accessToken })
  expect((await inner.marks()).marks.length).toBe(1)
})

test('slow claims do not spend the time of the store', async () => {
  const claims = async () => {
    await vi.advanceTimersByTimeAsync(1500)
    return {}
  }
  const { auth, clock, types } = open({}, { claims })
  const { refreshToken } = await auth.login({ subject: 'alice' })
  clock.advance(60)
  expect(await code(auth.refresh(refreshToken))).toBe('done')
  expect(types()).not.toContain('store_trouble')
})

test('reuse is reported even where the answer of the store got lost', async () => {
  let lose = false
  const holder: { inner?: TokenStore } = {}
  const revoke: TokenStore['revoke'] = async (target, life) => {
    const revoked = await holder.inner?.revoke(target, life)
    if (lose || !revoked) throw new Error('connection reset')
    return revoked
  }
  const { auth, clock, inner, events } = open({ revoke })
  holder.inner = inner
  const first = await auth.login({ subject: 'alice' })
  let { refreshToken } = first
  for (let round = 0; round < 2; round += 1) {
    clock.advance(60)
    ;({ refreshToken } = await auth.refresh(refreshToken))
  }
  lose = true
  expect(await code(auth.refresh(first.refreshToken))).toBe('store_unavailable')
  expect(events.filter(({ type }) => type === 'reuse_detected').length).toBe(1)
})

test('a mark outlives every token, whatever leeway another process has', async () => {
  const clock = fakeClock()
  const store = modelStore(clock.now)
  const options = {
    secret,
    environment: 'production',
    store,
    now: clock.now,
    onEvent: () => undefined,
  } as const
  const strict = createAuth({ ...options, leeway: 0 })
  const lenient = createAuth({ ...options, leeway: 300, accessTtl: 3600 })
  const { accessToken, principal } = await lenient.login({ subject: 'alice' })
  await strict.revoke({ tokenId: principal.tokenId, sessionId: principal.sessionId })
  clock.advance(3899)
  expect(await code(lenient.authenticate(accessToken, { revocation: 'store' }))).toBe('invalid_token')
})

test.each([[{ maxAuthAge: Number.NaN }], [{ maxAuthAge: '300' }], [{ revocation: 'sometimes' }]])(
  'authenticate refuses %j instead of skipping a check',
  async (options) => {
    const { auth } = open()
    const { accessToken } = await auth.login({ subject: 'alice' })
    expect(await code(auth.authenticate(accessToken, options as never))).toBe('invalid_argument')
  },
)

test('a subject that got lost on its way does not widen what is revoked', async () => {
  const { auth } = open()
  const { principal, accessToken } = await auth.login({ subject: 'alice' })
  const target = { sessionId: principal.sessionId, subject: undefined }
  expect(await code(auth.revoke(target))).toBe('invalid_argument')
  expect((await auth.revoke({ sessionId: principal.sessionId, subject: 'bob' })).changed).toBe(false)
  expect(await code(auth.authenticate(accessToken))).toBe('done')
  expect((await auth.revoke({ sessionId: principal.sessionId, subject: 'alice' })).changed).toBe(true)
})

test.each([
  ['logout', [undefined]],
  ['authenticate', ['x', null]],
  ['asOf', [undefined]],
  ['login', [{ subject: 'a', data: { toJSON: () => undefined } }]],
] as const)('%s given %j rejects with an AuthError', async (method, args) => {
  const { auth } = open()
  const call = auth[method] as (...given: readonly unknown[]) => Promise<unknown>
  expect(typeof (await code(call(...args)))).toBe('string')
})
