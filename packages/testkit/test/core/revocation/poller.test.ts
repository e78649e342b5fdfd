/** The poll of the feed and its wake-ups: never two readings at once, none lost, and no storm of them. */

import { modelStore } from '@auth/contracts'
import { createAuth } from '@auth/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPoller, POLL_INTERVAL } from '../../../../core/src/revocation/poller.js'
import type { FeedPage, TokenStore } from '../../../../core/src/store/token-store.js'
import { SECRET } from '../token/scene.js'

/** The longest that a wake-up waits: the pause after a poll, and the part that is drawn by lot. */
const SOON = 20
const tick = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

/** A feed that answers when the test says so, or at once. */
const openFeed = ({
  isHeld = false,
  onMarks,
}: {
  isHeld?: boolean
  onMarks?: TokenStore['onMarks']
} = {}) => {
  const asked: ((page: FeedPage) => void)[] = []
  const wakes = new Set<() => void>()
  const failures = vi.fn()
  const subscribe = (wake: () => void) => {
    wakes.add(wake)
    return () => void wakes.delete(wake)
  }
  const poller = createPoller({
    store: {
      marks: () =>
        new Promise((resolve) => {
          asked.push(resolve)
          if (!isHeld) resolve({ marks: [], cursor: '1' })
        }),
      onMarks: onMarks ?? subscribe,
    },
    monotonic: () => performance.now(),
    read: ({ cursor }) => cursor,
    failed: failures,
  })
  const wake = () => {
    for (const each of wakes) each()
  }
  const answer = async () => {
    asked.at(-1)?.({ marks: [], cursor: '1' })
    await tick(0)
  }
  return { poller, asked, wakes, wake, answer, failures }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('before the first question', () => {
  test('nothing is read, nothing is subscribed to, no timer runs', async () => {
    const { asked, wakes } = openFeed()
    await tick(10 * POLL_INTERVAL)
    expect([asked.length, wakes.size, vi.getTimerCount()]).toEqual([0, 0, 0])
  })

  test('the same holds for createAuth, whatever is called that asks about no revocation', async () => {
    const marks = vi.fn()
    const onMarks = vi.fn()
    const store = { ...modelStore(), marks, onMarks }
    const auth = createAuth({ secret: SECRET, store, environment: 'production', onEvent: () => undefined })
    const { accessToken, refreshToken } = await auth.login({ subject: 'alice' })
    await auth.refresh(refreshToken)
    await auth.authenticate(accessToken, { revocation: 'none' })
    await auth.authenticate(accessToken, { revocation: 'store' })
    await tick(10 * POLL_INTERVAL)
    expect([marks.mock.calls.length, onMarks.mock.calls.length]).toEqual([0, 0])
    await auth.close()
  })
})

describe('a wake-up', () => {
  test('brings the next poll soon', async () => {
    const { poller, asked, wake } = openFeed()
    poller.start()
    await tick(100)
    wake()
    await tick(SOON)
    expect(asked.length).toBe(2)
    poller.stop()
  })

  test('that is lost costs no more than the interval', async () => {
    const { poller, asked } = openFeed()
    poller.start()
    await tick(POLL_INTERVAL - 1)
    expect(asked.length).toBe(1)
    await tick(1)
    expect(asked.length).toBe(2)
    poller.stop()
  })

  test('during a poll causes one more, and only one, after the answer', async () => {
    const { poller, asked, wake, answer } = openFeed({ isHeld: true })
    poller.start()
    for (let count = 0; count < 100; count += 1) wake()
    await tick(POLL_INTERVAL)
    expect(asked.length).toBe(1)
    await answer()
    await tick(SOON)
    expect(asked.length).toBe(2)
    await answer()
    await tick(POLL_INTERVAL - 1)
    expect(asked.length).toBe(2)
    await tick(1)
    expect(asked.length).toBe(3)
    poller.stop()
  })

  test('while the subscription is made is not lost', async () => {
    const { poller, asked } = openFeed({
      onMarks: (wake) => {
        wake()
        return () => undefined
      },
    })
    poller.start()
    await tick(SOON)
    expect(asked.length).toBe(2)
    poller.stop()
  })

  test('during a poll that fails is not lost either', async () => {
    const { poller, asked, wake, failures } = openFeed({ isHeld: true })
    poller.start()
    wake()
    await tick(5000)
    expect([asked.length, failures.mock.calls.length]).toEqual([1, 1])
    await tick(SOON)
    expect(asked.length).toBe(2)
    poller.stop()
  })
})

describe('a storm of wake-ups', () => {
  test('between two polls is read together', async () => {
    const { poller, asked, wake } = openFeed()
    poller.start()
    await tick(100)
    for (let count = 0; count < 1000; count += 1) wake()
    await tick(SOON)
    expect(asked.length).toBe(2)
    poller.stop()
  })

  test('brings between fifty and a hundred polls a second', async () => {
    const { poller, asked, wake } = openFeed()
    poller.start()
    await tick(100)
    const before = asked.length
    for (let millisecond = 0; millisecond < 1000; millisecond += 1) {
      wake()
      await tick(1)
    }
    expect(asked.length - before).toBeLessThanOrEqual(100)
    expect(asked.length - before).toBeGreaterThanOrEqual(45)
    poller.stop()
  })

  test('is read by each process at another instant', async () => {
    const feeds = Array.from({ length: 20 }, () => openFeed())
    for (const { poller } of feeds) poller.start()
    await tick(100)
    for (const { wake } of feeds) wake()
    const readAfter = new Set<number>()
    for (let millisecond = 0; millisecond < SOON; millisecond += 1) {
      await tick(1)
      readAfter.add(feeds.filter(({ asked }) => asked.length > 1).length)
    }
    expect(readAfter.size).toBeGreaterThan(3)
    for (const { poller } of feeds) poller.stop()
  })
})

describe('a subscription', () => {
  const refused = () => {
    throw new Error('no channel rights')
  }
  test.each([
    ['throws', refused],
    ['rejects', async () => refused()],
    ['gives nothing', () => undefined],
  ])('that %s leaves the poll as it is', async (_, onMarks) => {
    const { poller, asked } = openFeed({ onMarks: onMarks as never })
    poller.start()
    await tick(3 * POLL_INTERVAL)
    expect(asked.length).toBe(4)
    poller.stop()
  })

  test('ends with the poller, and a wake-up that comes later reads nothing', async () => {
    const { poller, asked, wakes } = openFeed()
    poller.start()
    const [late] = wakes
    await tick(100)
    poller.stop()
    expect(wakes.size).toBe(0)
    late?.()
    await tick(10 * POLL_INTERVAL)
    expect([asked.length, vi.getTimerCount()]).toEqual([1, 0])
  })
})

test('no timer keeps the process alive', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const { poller, wake } = openFeed({ isHeld: true })
  poller.start()
  wake()
  await tick(5000 + SOON)
  const started = timers.mock.results.map(({ value }) => value as NodeJS.Timeout)
  expect(started.length).toBeGreaterThan(2)
  expect(started.filter((timer) => timer.hasRef())).toEqual([])
  poller.stop()
})
