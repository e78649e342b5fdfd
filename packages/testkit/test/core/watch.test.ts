/** Watches: a connection ends with its session, once, and never without a reason. */

import { fakeClock, modelStore } from '@auth/contracts'
import { type AuthOptions, createAuth, type EndReason } from '@auth/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const SECRET = 'k7Vq2mXw9ZtR4bNc8Lp1HsYd6FgJ3uAe'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const open = (options: Partial<AuthOptions> = {}) => {
  const clock = fakeClock(Date.now())
  const store = modelStore(clock.now)
  const create = () =>
    createAuth({
      secret: SECRET,
      environment: 'production',
      store,
      now: clock.now,
      onEvent: () => undefined,
      ...options,
    })
  const auth = create()
  const signIn = async (subject = 'alice') => {
    const pair = await auth.login({ subject, transport: 'bearer' })
    return { ...pair, principal: await auth.authenticate(pair.accessToken) }
  }
  const ends: [string, EndReason][] = []
  const end = (name: string) => (reason: EndReason) => void ends.push([name, reason])
  /** Lets the clock and the timers go on together. */
  const pass = async (seconds: number) => {
    clock.advance(seconds)
    await vi.advanceTimersByTimeAsync(seconds * 1000)
  }
  return {
    auth,
    other: create(),
    clock,
    ends,
    end,
    signIn,
    pass,
    settle: () => vi.advanceTimersByTimeAsync(0),
  }
}

test('a revoked session ends its watches, once, and no other', async () => {
  const { auth, ends, end, signIn, settle } = open()
  const [one, two, bob] = [await signIn(), await signIn(), await signIn('bob')]
  auth.watch(one.principal, end('one'))
  auth.watch(one.principal, end('one again'))
  auth.watch(two.principal, end('two'))
  auth.watch(bob.principal, end('bob'))
  await auth.revoke({ sessionId: one.principal.sessionId })
  await auth.revoke({ sessionId: one.principal.sessionId })
  await settle()
  expect(ends).toEqual([
    ['one', 'revoked'],
    ['one again', 'revoked'],
  ])
})

test('a subject that is revoked loses every watch but that of the session to keep', async () => {
  const { auth, ends, end, signIn, settle } = open()
  const [kept, lost] = [await signIn(), await signIn()]
  auth.watch(kept.principal, end('kept'))
  auth.watch(lost.principal, end('lost'))
  await auth.revoke({ subject: 'alice', keep: kept.principal.sessionId })
  await settle()
  expect(ends).toEqual([['lost', 'revoked']])
  await auth.revoke({ subject: 'alice' })
  await settle()
  expect(ends).toEqual([
    ['lost', 'revoked'],
    ['kept', 'revoked'],
  ])
})

test('a revocation by another process arrives through the feed', async () => {
  const { auth, other, ends, end, signIn, pass } = open()
  const { principal } = await signIn()
  auth.watch(principal, end('here'))
  await pass(1)
  await other.revoke({ subject: 'alice' })
  await pass(1)
  expect(ends).toEqual([['here', 'revoked']])
})

test('a watch ends with its token, a leeway later, unless a newer one is seen', async () => {
  const { auth, ends, end, signIn, pass } = open({ accessTtl: 100, leeway: 10 })
  const [alice, bob, carol] = [await signIn(), await signIn('bob'), await signIn('carol')]
  auth.watch(alice.principal, end('alice'))
  auth.watch(bob.principal, end('bob'))
  const watch = auth.watch(carol.principal, end('carol'))
  await pass(90)
  // A request over HTTP renews by itself, a token in the connection by hand.
  await auth.authenticate((await auth.refresh(bob.refreshToken)).accessToken)
  const newer = await auth.authenticate((await auth.refresh(carol.refreshToken)).accessToken)
  expect(watch.renew(newer)).toBe(true)
  expect(watch.renew(alice.principal)).toBe(false)
  await pass(19)
  expect(ends).toEqual([])
  await pass(2)
  expect(ends).toEqual([['alice', 'expired']])
  await pass(90)
  expect(ends.map(([name]) => name).sort()).toEqual(['alice', 'bob', 'carol'])
})

test('a watch that begins after the revocation ends at once', async () => {
  const { auth, ends, end, signIn, settle } = open()
  const { principal } = await signIn()
  await auth.revoke({ sessionId: principal.sessionId })
  auth.watch(principal, end('late'))
  await settle()
  expect(ends).toEqual([['late', 'revoked']])
})

test('an end that throws or never settles stops no other, and a stopped watch is silent', async () => {
  const { auth, ends, end, signIn, settle } = open()
  const { principal } = await signIn()
  auth.watch(principal, () => {
    throw new Error('socket gone')
  })
  auth.watch(principal, () => new Promise(() => undefined))
  const stop = auth.watch(principal, end('stopped'))
  auth.watch(principal, end('last'))
  stop()
  await auth.revoke({ subject: 'alice' })
  await settle()
  expect(ends).toEqual([['last', 'revoked']])
})

test('one timer serves all watches, however many', async () => {
  const { auth, ends, end, signIn, pass, settle } = open()
  const { principal } = await signIn()
  auth.watch(principal, end('first'))
  await settle()
  const timers = vi.getTimerCount()
  for (let at = 0; at < 2000; at += 1) auth.watch(principal, end(String(at)))
  expect(vi.getTimerCount()).toBe(timers)
  await auth.revoke({ subject: 'alice' })
  await pass(1)
  expect(ends).toHaveLength(2001)
})

test('a copy of a principal, an unknown option and a missing function are refused', async () => {
  const { auth, end, signIn } = open()
  const { principal } = await signIn()
  const refused = [
    () => auth.watch({ ...principal }, end('copy')),
    () => auth.watch(principal, 'close' as never),
    () => auth.watch(principal, end('option'), { whenunknown: 'end' } as never),
    () => auth.watch(principal, end('word'), { whenUnknown: 'close' as never }),
  ]
  for (const attempt of refused)
    expect(attempt).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
})
