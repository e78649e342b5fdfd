import { modelStore } from '@auth/contracts'
import type { AuthEvent } from '@auth/core'
import { createAuth, isAuthError, type TokenStore } from '@auth/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { POLL_INTERVAL } from '../../../../core/src/revocation/poller.js'
import { createReplica, type ReplicaNeeds } from '../../../../core/src/revocation/replica.js'
import type { FeedPage } from '../../../../core/src/store/token-store.js'

const QUERY = { tokenId: 't', sessionId: 's', subject: 'alice', epoch: 100 }
const LONG = 10_000_000
const session = { kind: 'session', sessionId: 's', lastsFor: LONG } as const

/** A feed whose answers the test holds in its hand, and a clock that the fake timers move. */
const heldFeed = (more: Partial<ReplicaNeeds> = {}) => {
  const asked: { cursor: string | undefined; answer: (page: FeedPage) => void; fail: () => void }[] = []
  const events: string[] = []
  const replica = createReplica({
    store: {
      marks: (cursor) =>
        new Promise((resolve, reject) => {
          asked.push({ cursor, answer: resolve, fail: () => reject(new Error('down')) })
        }),
    },
    maxStaleness: 5,
    monotonic: () => performance.now(),
    emit: ({ type }) => events.push(type),
    ...more,
  })
  const last = () => asked.at(-1) as (typeof asked)[number]
  const tick = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)
  const answer = async (...marks: FeedPage['marks']) => {
    last().answer({ marks, cursor: `c${asked.length}` })
    await tick(0)
  }
  return { replica, asked, events, last, tick, answer }
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1000, toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a replica', () => {
  test('does nothing until it is asked, and knows nothing until the first poll is answered', async () => {
    const { replica, asked, tick, answer } = heldFeed()
    await tick(5000)
    expect(asked.length).toBe(0)
    expect(replica.isRevoked(QUERY)).toBeUndefined()
    expect(asked.map(({ cursor }) => cursor)).toEqual([undefined])
    await answer()
    expect(replica.isRevoked(QUERY)).toBe(false)
    replica.close()
  })

  test('polls on from the cursor it was given', async () => {
    const { replica, asked, tick, answer } = heldFeed()
    replica.isRevoked(QUERY)
    await answer()
    await tick(POLL_INTERVAL)
    expect(asked.map(({ cursor }) => cursor)).toEqual([undefined, 'c1'])
    await answer(session)
    expect(replica.isRevoked(QUERY)).toBe(true)
    expect(replica.isRevoked({ ...QUERY, sessionId: 'other' })).toBe(false)
    replica.close()
  })

  test('ages from the moment a poll was sent, not from its answer', async () => {
    const { replica, tick, answer } = heldFeed()
    replica.isRevoked(QUERY)
    await tick(900)
    await answer()
    await tick(4100)
    expect(replica.isRevoked(QUERY)).toBe(false)
    await tick(1)
    expect(replica.isRevoked(QUERY)).toBeUndefined()
    replica.close()
  })

  test('a cut feed makes it stale once, and an answer brings it back', async () => {
    const { replica, events, last, tick, answer } = heldFeed()
    replica.isRevoked(QUERY)
    await answer(session)
    for (let poll = 0; poll < 20; poll += 1) {
      await tick(POLL_INTERVAL)
      last().fail()
      await tick(0)
    }
    expect(replica.isRevoked({ ...QUERY, sessionId: 'other' })).toBeUndefined()
    expect(replica.isRevoked(QUERY)).toBe(true)
    expect(events).toEqual(['replica_stale'])
    await tick(POLL_INTERVAL)
    await answer()
    expect(replica.isRevoked({ ...QUERY, sessionId: 'other' })).toBe(false)
    expect(events).toEqual(['replica_stale', 'replica_caught_up'])
    replica.close()
  })

  test('a feed that swallows is asked again after five seconds, never twice at once', async () => {
    const { replica, asked, tick } = heldFeed()
    replica.isRevoked(QUERY)
    await tick(4900)
    expect(asked.length).toBe(1)
    await tick(100 + POLL_INTERVAL)
    expect(asked.length).toBe(2)
    replica.close()
    await tick(10_000)
    expect(asked.length).toBe(2)
  })

  test('marks of every kind hold, and only for whom they are', async () => {
    const { replica, answer } = heldFeed()
    replica.isRevoked(QUERY)
    const lastsFor = LONG
    await answer(
      { kind: 'token', tokenId: 't1', sessionId: 's1', lastsFor },
      { kind: 'subject', subject: 'bob', epoch: 200, lastsFor },
      { kind: 'subject', subject: 'bob', epoch: 150, lastsFor },
    )
    const asks = [
      [{ tokenId: 't1', sessionId: 's1' }, true],
      [{ tokenId: 't1', sessionId: 's2' }, false],
      [{ subject: 'bob', epoch: 199 }, true],
      [{ subject: 'bob', epoch: 200 }, false],
      [{ subject: 'alice', epoch: 1 }, false],
    ] as const
    for (const [changes, revoked] of asks) expect(replica.isRevoked({ ...QUERY, ...changes })).toBe(revoked)
    replica.close()
  })

  test('an answer after the deadline still counts, from when it was asked for', async () => {
    const { replica, asked, tick, answer } = heldFeed()
    replica.isRevoked(QUERY)
    await tick(3000)
    await answer(session)
    expect(replica.isRevoked(QUERY)).toBe(true)
    expect(replica.isRevoked({ ...QUERY, sessionId: 'other' })).toBe(false)
    await tick(2001)
    expect(asked.length).toBe(2)
    expect(replica.isRevoked({ ...QUERY, sessionId: 'other' })).toBeUndefined()
    replica.close()
  })

  test('expired marks are dropped, longer ones are kept', async () => {
    const { replica, tick, answer } = heldFeed()
    replica.isRevoked(QUERY)
    await answer({ ...session, lastsFor: 700 }, { ...session, sessionId: 'long' })
    expect(replica.isRevoked(QUERY)).toBe(true)
    for (let poll = 0; poll < 2; poll += 1) {
      await tick(POLL_INTERVAL)
      await answer()
    }
    expect(replica.isRevoked(QUERY)).toBe(false)
    expect(replica.isRevoked({ ...QUERY, sessionId: 'long' })).toBe(true)
    replica.close()
  })

  test.each([-366, 366])(
    'marks last by a clock that is never set: the wall clock jumps %i days',
    async (days) => {
      const { replica, tick, answer } = heldFeed()
      replica.isRevoked(QUERY)
      await answer({ ...session, lastsFor: 700 })
      vi.setSystemTime(Date.now() + days * 86_400_000)
      await tick(POLL_INTERVAL)
      await answer()
      expect(replica.isRevoked(QUERY)).toBe(true)
      await tick(POLL_INTERVAL)
      await answer()
      expect(replica.isRevoked(QUERY)).toBe(false)
      replica.close()
    },
  )

  test('a mark of a kind that a newer release writes refuses all that it names, and is announced once', async () => {
    const { replica, events, answer } = heldFeed()
    replica.isRevoked(QUERY)
    const strange = (mark: object) => ({ kind: 'device', lastsFor: LONG, ...mark }) as never
    await answer(strange({ sessionId: 's1' }), strange({ subject: 'bob' }), strange({ colour: 'red' }))
    expect(replica.isRevoked({ ...QUERY, sessionId: 's1' })).toBe(true)
    expect(replica.isRevoked({ ...QUERY, subject: 'bob', epoch: 2 ** 52 })).toBe(true)
    expect(replica.isRevoked(QUERY)).toBe(false)
    expect(events).toEqual(['store_warning'])
    replica.close()
  })

  test('a mark of a document revokes nothing', async () => {
    const { replica, answer } = heldFeed()
    replica.isRevoked(QUERY)
    await answer({ kind: 'document', name: 'alice', version: 1000, lastsFor: LONG })
    expect(replica.isRevoked(QUERY)).toBe(false)
    replica.close()
  })

  test('more marks than it may hold send every question to the store', async () => {
    const { replica, asked, tick, answer } = heldFeed({ maxMarks: 1000 })
    replica.isRevoked(QUERY)
    const many = Array.from({ length: 1001 }, (_, at) => ({
      ...session,
      sessionId: `${at}`,
      lastsFor: 4000,
    }))
    await answer(...many)
    expect(replica.isRevoked(QUERY)).toBeUndefined()
    expect(replica.isRevoked({ ...QUERY, sessionId: '7' })).toBe(true)
    // Once they have expired there is room again, and everything retained is read anew.
    await tick(4000)
    await answer()
    await tick(POLL_INTERVAL)
    expect(replica.isRevoked(QUERY)).toBeUndefined()
    expect(asked.at(-1)?.cursor).toBeUndefined()
    await answer()
    expect(replica.isRevoked(QUERY)).toBe(false)
    replica.close()
  })
})

describe('authenticate with a replica', () => {
  const open = (store: TokenStore, changes = {}) => {
    const events: AuthEvent[] = []
    const secret = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
    const onEvent = (event: AuthEvent) => events.push(event)
    return { events, auth: createAuth({ secret, environment: 'production', store, onEvent, ...changes }) }
  }
  const code = (work: Promise<unknown>) =>
    work.then(
      () => 'accepted',
      (error) => (isAuthError(error) ? error.code : error),
    )

  /** A store that counts its calls and can be cut off. */
  const counted = () => {
    const inner = modelStore()
    const calls = { isRevoked: 0, marks: 0, down: false }
    const counting = (name: 'isRevoked' | 'marks') => async (argument: never) => {
      calls[name] += 1
      if (calls.down) throw new Error('down')
      return inner[name](argument)
    }
    return {
      calls,
      store: { ...inner, isRevoked: counting('isRevoked'), marks: counting('marks') } as TokenStore,
    }
  }

  test('asks the store once and then never again, while the feed is read', async () => {
    const { store, calls } = counted()
    const { auth } = open(store)
    const { accessToken } = await auth.login({ subject: 'alice' })
    for (let request = 0; request < 50; request += 1) {
      await auth.authenticate(accessToken)
      await vi.advanceTimersByTimeAsync(20)
    }
    expect(calls.isRevoked).toBe(1)
    await auth.authenticate(accessToken, { revocation: 'store' })
    expect(calls.isRevoked).toBe(2)
    await auth.close()
  })

  test('a revocation holds at once where it was made, and after a poll everywhere else', async () => {
    const { onMarks: _none, ...store } = modelStore()
    const [here, there] = [open(store).auth, open(store).auth]
    const { accessToken, principal } = await here.login({ subject: 'alice' })
    await Promise.all([here.authenticate(accessToken), there.authenticate(accessToken)])
    await vi.advanceTimersByTimeAsync(POLL_INTERVAL)
    await here.revoke({ sessionId: principal.sessionId })
    expect(await code(here.authenticate(accessToken))).toBe('invalid_token')
    await vi.advanceTimersByTimeAsync(POLL_INTERVAL)
    expect(await code(there.authenticate(accessToken))).toBe('invalid_token')
    await Promise.all([here.close(), there.close()])
  })

  test('a store that wakes brings a revocation to the other processes within 20 ms', async () => {
    const store = modelStore()
    const [here, there] = [open(store).auth, open(store).auth]
    const { accessToken, principal } = await here.login({ subject: 'alice' })
    await Promise.all([here.authenticate(accessToken), there.authenticate(accessToken)])
    await vi.advanceTimersByTimeAsync(POLL_INTERVAL / 2)
    await here.revoke({ sessionId: principal.sessionId })
    await vi.advanceTimersByTimeAsync(20)
    expect(await code(there.authenticate(accessToken))).toBe('invalid_token')
    await Promise.all([here.close(), there.close()])
  })

  test('a process that starts while others revoke refuses what was revoked before its first poll', async () => {
    const store = modelStore()
    const [here, late] = [open(store).auth, open(store).auth]
    const { accessToken } = await here.login({ subject: 'alice' })
    await here.revoke({ subject: 'alice' })
    expect(await code(late.authenticate(accessToken))).toBe('invalid_token')
    await vi.advanceTimersByTimeAsync(POLL_INTERVAL)
    expect(await code(late.authenticate(accessToken))).toBe('invalid_token')
    await Promise.all([here.close(), late.close()])
  })

  test('an outage is bridged for maxStaleness, then denied, and over as soon as the store is back', async () => {
    const { store, calls } = counted()
    const { auth, events } = open(store)
    const { accessToken } = await auth.login({ subject: 'alice' })
    await auth.authenticate(accessToken)
    await vi.advanceTimersByTimeAsync(POLL_INTERVAL)
    calls.down = true
    await vi.advanceTimersByTimeAsync(4000)
    expect(await code(auth.authenticate(accessToken))).toBe('accepted')
    await vi.advanceTimersByTimeAsync(2000)
    for (let request = 0; request < 10; request += 1) {
      expect(await code(auth.authenticate(accessToken))).toBe('store_unavailable')
    }
    // The breaker: after three failures nobody waits for the store any more.
    expect(calls.isRevoked).toBe(4)
    calls.down = false
    await vi.advanceTimersByTimeAsync(POLL_INTERVAL)
    expect(await code(auth.authenticate(accessToken))).toBe('accepted')
    expect(events.map(({ type }) => type).filter((type) => type.startsWith('replica'))).toEqual([
      'replica_stale',
      'replica_caught_up',
    ])
    await auth.close()
  })

  test("onUnavailable: 'allow' lets requests through with an event each, but no refresh and no strict route", async () => {
    const { store, calls } = counted()
    const { auth, events } = open(
      { ...store, find: async () => Promise.reject(new Error('down')) },
      { onUnavailable: 'allow' },
    )
    const { accessToken, refreshToken } = await auth.login({ subject: 'alice' })
    calls.down = true
    expect(await code(auth.authenticate(accessToken))).toBe('accepted')
    expect(await code(auth.authenticate(accessToken))).toBe('accepted')
    expect(events.filter(({ type }) => type === 'revocation_unchecked').length).toBe(2)
    expect(await code(auth.authenticate(accessToken, { revocation: 'store' }))).toBe('store_unavailable')
    expect(await code(auth.refresh(refreshToken))).toBe('store_unavailable')
    await auth.close()
  })

  test('a store without a feed is asked for every request', async () => {
    const { store, calls } = counted()
    const { marks: _none, ...blind } = store
    const { auth } = open(blind)
    const { accessToken } = await auth.login({ subject: 'alice' })
    for (let request = 0; request < 3; request += 1) await auth.authenticate(accessToken)
    expect(calls).toMatchObject({ isRevoked: 3, marks: 0 })
    await auth.close()
  })

  test("revocation: 'none' asks nobody", async () => {
    const { store, calls } = counted()
    const { auth } = open(store)
    const { accessToken, principal } = await auth.login({ subject: 'alice' })
    await auth.revoke({ sessionId: principal.sessionId })
    expect(await code(auth.authenticate(accessToken, { revocation: 'none' }))).toBe('accepted')
    expect(calls).toMatchObject({ isRevoked: 0, marks: 0 })
    await auth.close()
  })
})
