import { spawnSync } from 'node:child_process'
import { fakeClock } from '@auth/contracts'
import { isAuthError, type SessionRecord } from '@auth/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ExpiringMap } from '../src/expiring-map.js'
import { memoryStore } from '../src/index.js'

const session = (id: string, now: number, seconds = 3600): SessionRecord => ({
  id,
  subject: 'alice',
  epoch: now,
  version: 1,
  generation: 1,
  previous: 0,
  rotatedAt: now,
  recoveries: 0,
  seed: 'seed',
  createdAt: now,
  authenticatedAt: now,
  idleFor: seconds,
  idleExpiresAt: now + seconds * 1000,
  expiresAt: now + seconds * 1000,
  persistent: true,
  transport: 'cookie',
})

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('a full store refuses the next login and keeps every session it has', async () => {
  const { now } = fakeClock()
  const store = memoryStore({ now, maxEntries: 3 })
  for (const id of ['a', 'b', 'c']) expect(await store.insert(session(id, now()))).toBe(true)
  expect(isAuthError(await refusal(store.insert(session('d', now()))), 'store_unavailable')).toBe(true)
  expect((await store.list('alice')).length).toBe(3)
  await store.revoke({ kind: 'session', sessionId: 'a', expiresAt: now() + 1000 })
  expect(await store.insert(session('d', now()))).toBe(true)
})

test('a full feed refuses the next revocation and forgets none', async () => {
  const { now } = fakeClock()
  const store = memoryStore({ now, maxEntries: 2 })
  const revoke = (tokenId: string) =>
    store.revoke({ kind: 'token', tokenId, sessionId: 'a', expiresAt: now() + 60_000 })
  await revoke('1')
  await revoke('2')
  expect(isAuthError(await refusal(revoke('3')), 'store_unavailable')).toBe(true)
  expect((await store.marks()).marks.length).toBe(2)
})

test('what has expired is given back without anybody asking for it, and the timer then stops', async () => {
  const store = memoryStore({ maxEntries: 2 })
  await store.insert(session('a', Date.now(), 60))
  await store.revoke({ kind: 'token', tokenId: '1', sessionId: 'a', expiresAt: Date.now() + 60_000 })
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(90_000)
  expect(vi.getTimerCount()).toBe(0)
  // The bound counts entries, so a third and a fourth fit only where the first two are really gone.
  expect(await store.insert(session('b', Date.now()))).toBe(true)
  expect(await store.insert(session('c', Date.now()))).toBe(true)
  await store.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('a sweep touches only what is due', () => {
  const clock = fakeClock()
  const expired: string[] = []
  const map = new ExpiringMap<string, string>(clock.now, (value) => expired.push(value))
  const start = clock.now()
  for (const [key, seconds] of [
    ['soon', 5],
    ['late', 5000],
    ['moved', 5],
    ['past', -100],
  ] as const) {
    map.set(key, key, start + seconds * 1000)
  }
  map.set('moved', 'moved', start + 5_000_000)
  clock.advance(30)
  map.sweep()
  expect(expired.sort()).toEqual(['past', 'soon'])
  expect([map.get('late'), map.get('moved'), map.size]).toEqual(['late', 'moved', 2])
  clock.advance(-3600)
  map.sweep()
  map.set('again', 'again', clock.now() + 1000)
  clock.advance(3660)
  map.sweep()
  expect([map.get('again'), map.size]).toEqual([undefined, 2])
  clock.advance(400 * 86_400)
  map.sweep()
  expect(map.size).toBe(0)
})

test('options that cannot work are named', () => {
  const problems = () => memoryStore({ maxEntries: 0, now: 1, size: 2 } as never)
  expect(problems).toThrow(/size is not an option.*maxEntries must be.*now must be/)
})

test('a process with a store that was used can end', () => {
  vi.useRealTimers()
  const program = `
    import { memoryStore } from '@auth/store-memory'
    const store = memoryStore()
    await store.revoke({ kind: 'session', sessionId: 'a', expiresAt: Date.now() + 1e6 })`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: new URL('../../express', import.meta.url),
    timeout: 10_000,
  })
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
})
