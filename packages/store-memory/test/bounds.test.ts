import { spawnSync } from 'node:child_process'
import { fakeClock } from '@auth/contracts'
import type { RevocationTarget, SessionCap, SessionRecord } from '@auth/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ExpiringMap } from '../src/expiring-map.js'
import { memoryStore } from '../src/index.js'

const ROOMY: SessionCap = { max: 100_000, whenFull: 'evict', markFor: 60_000 }
const LIFE = { markFor: 60_000 }

/** The session `<subject>.<name>`. */
const session = (id: string, now: number, changes: Partial<SessionRecord> = {}): SessionRecord => ({
  id,
  subject: id.split('.', 1)[0] as string,
  epoch: now,
  version: 1,
  generation: 1,
  previous: 0,
  rotatedAt: now,
  recoveries: 0,
  seed: 'seed',
  createdAt: now,
  authenticatedAt: now,
  idleFor: 3600,
  idleExpiresAt: now + 3_600_000,
  expiresAt: now + 3_600_000,
  persistent: true,
  transport: 'cookie',
  ...changes,
})

const open = (maxEntries: number) => {
  const clock = fakeClock()
  const store = memoryStore({ now: clock.now, maxEntries })
  const insert = async (id: string, changes?: Partial<SessionRecord>, cap = ROOMY) => {
    const { epoch } = await store.epoch(id.split('.', 1)[0] as string)
    return (await store.insert(session(id, clock.now(), { epoch, ...changes }), cap)).outcome
  }
  const end = (sessionId: string) => store.revoke({ kind: 'session', sessionId }, LIFE)
  return { clock, store, insert, end }
}
const FULL = { code: 'store_unavailable' }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a full store', () => {
  test('refuses the next login and keeps every session it has', async () => {
    const { store, insert, end } = open(3)
    for (const id of ['a.1', 'a.2', 'b.1']) expect(await insert(id)).toBe('inserted')
    await expect(insert('b.2')).rejects.toMatchObject(FULL)
    expect((await store.list('a')).length + (await store.list('b')).length).toBe(3)
    expect((await end('a.1')).changed).toBe(true)
    expect(await insert('b.2')).toBe('inserted')
  })

  test('of revocations refuses what ends no session, ends every session it has, and forgets no mark', async () => {
    const { store, insert, end } = open(4)
    const before = (await store.marks()).cursor
    for (const id of ['a.1', 'a.2', 'b.1', 'c.1']) await insert(id)
    const tokens = Array.from({ length: 4 }, (_, at) => ({
      kind: 'token' as const,
      sessionId: `d${at}.1`,
      tokenId: 't',
    }))
    for (const token of tokens) await store.revoke(token, LIFE)
    const refused: RevocationTarget[] = [
      { kind: 'token', sessionId: 'a.1', tokenId: 't' },
      { kind: 'session', sessionId: 'e.1' },
      { kind: 'subject', subject: 'e' },
    ]
    for (const target of refused) await expect(store.revoke(target, LIFE)).rejects.toMatchObject(FULL)
    expect((await end('a.1')).changed).toBe(true)
    expect(
      (await store.revoke({ kind: 'session', sessionId: 'a.2' }, { ...LIFE, tombstoneFor: 1 })).changed,
    ).toBe(true)
    for (let round = 0; round < 3; round += 1) {
      const subjects = [{ subject: 'b', keep: 'b.1' }, { subject: 'c' }]
      for (const each of subjects)
        expect((await store.revoke({ kind: 'subject', ...each }, LIFE)).changed).toBe(true)
    }
    await expect(insert('f.1')).rejects.toMatchObject(FULL)
    expect((await store.marks(before)).marks.length).toBe(tokens.length + 4)
  })
})

describe('one account', () => {
  test('that ends all its other sessions again and again uses one entry of the feed', async () => {
    const { store, insert, end } = open(50)
    await insert('a.1')
    for (let round = 0; round < 1000; round += 1) {
      expect((await store.revoke({ kind: 'subject', subject: 'a', keep: 'a.1' }, LIFE)).changed).toBe(true)
    }
    expect((await store.marks()).marks.length).toBe(1)
    expect(await insert('b.1')).toBe('inserted')
    expect((await end('b.1')).changed).toBe(true)
  })

  test.each([{ tombstoneFor: 0 }, { tombstoneFor: 60_000 }])(
    'that logs in and out again and again is refused once its share is used, and nobody else ($tombstoneFor)',
    async ({ tombstoneFor }) => {
      const { clock, store, insert, end } = open(50)
      const outcomes = new Set<string>()
      for (let round = 0; round < 200; round += 1) {
        outcomes.add(await insert(`a.${round}`))
        await store.revoke({ kind: 'session', sessionId: 'a.0' }, LIFE)
        const [last] = await store.list('a')
        if (last) await store.revoke({ kind: 'session', sessionId: last.id }, { ...LIFE, tombstoneFor })
      }
      expect([...outcomes]).toEqual(['inserted', 'full'])
      expect(await store.list('a')).toEqual([])
      expect(await insert('b.1')).toBe('inserted')
      expect((await end('b.1')).changed).toBe(true)
      clock.advance(80)
      expect(await insert('a.200')).toBe('inserted')
    },
  )

  test('that logs in again and again under a cap is refused once its share is used', async () => {
    const { store, insert } = open(50)
    const cap = { ...ROOMY, max: 2 }
    const outcomes = new Set<string>()
    for (let round = 0; round < 200; round += 1) outcomes.add(await insert(`a.${round}`, {}, cap))
    expect([...outcomes]).toEqual(['inserted', 'full'])
    expect((await store.list('a')).length).toBe(2)
    expect(await insert('b.1')).toBe('inserted')
  })

  test('that revokes token after token is refused once its share is used, and can still log out', async () => {
    const { store, insert, end } = open(50)
    await insert('a.1')
    await insert('b.1')
    const revoke = (sessionId: string, tokenId: string) =>
      store.revoke({ kind: 'token', sessionId, tokenId }, LIFE)
    let accepted = 0
    for (let at = 0; at < 200; at += 1)
      accepted += await revoke('a.1', `${at}`).then(
        () => 1,
        () => 0,
      )
    expect(accepted).toBe(20)
    expect((await revoke('a.1', '0')).changed).toBe(false)
    expect((await revoke('b.1', 't')).changed).toBe(true)
    expect((await end('a.1')).changed).toBe(true)
  })

  test('with many sessions is listed, logged in and signed out as one with few', async () => {
    const { clock, store, insert } = open(10_000)
    for (let at = 0; at < 3000; at += 1) {
      clock.advance(0.001)
      await insert(`a.${at}`)
    }
    expect((await store.list('a')).map(({ id }) => id).slice(0, 2)).toEqual(['a.2999', 'a.2998'])
    const evicting = { ...ROOMY, max: 3000 }
    expect(await insert('a.last', {}, evicting)).toBe('inserted')
    expect((await store.find('a.0')).record).toBeNull()
    await store.revoke({ kind: 'subject', subject: 'a', keep: 'a.1500' }, LIFE)
    expect((await store.list('a')).map(({ id }) => id)).toEqual(['a.1500'])
    // The rows of the others are given back little by little, and one that was opened anew is none of them.
    expect(await insert('a.2900')).toBe('inserted')
    await vi.advanceTimersByTimeAsync(60_000)
    expect((await store.list('a')).map(({ id }) => id).sort()).toEqual(['a.1500', 'a.2900'])
    for (let at = 0; at < 9990; at += 1) expect(await insert(`b${at}.1`)).toBe('inserted')
  })
})

describe('time', () => {
  test('what has expired is given back without being asked for, and the timer then stops', async () => {
    const store = memoryStore({ maxEntries: 2 })
    const now = Date.now()
    await store.insert(session('a.1', now, { expiresAt: now + 60_000 }), ROOMY)
    await store.revoke({ kind: 'session', sessionId: 'b.1' }, { ...LIFE, tombstoneFor: 60_000 })
    await store.remember('once', 60_000)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(90_000)
    expect(vi.getTimerCount()).toBe(0)
    // The bound counts entries, so a third and a fourth fit only where the first two are really gone.
    for (const id of ['c.1', 'd.1']) {
      const record = session(id, Date.now())
      expect((await store.insert(record, ROOMY)).outcome).toBe('inserted')
    }
    await store.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a store that was only asked has no timer', async () => {
    const store = memoryStore()
    await store.find('a')
    await store.marks()
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
    expect(map.sweep()).toBe(true)
    expect(expired.sort()).toEqual(['past', 'soon'])
    expect([map.get('late'), map.get('moved'), map.size]).toEqual(['late', 'moved', 2])
    clock.advance(-3600)
    map.sweep()
    map.set('again', 'again', clock.now() + 1000)
    clock.advance(3660)
    map.sweep()
    expect([map.get('again'), map.size]).toEqual([undefined, 2])
    clock.advance(400 * 86_400)
    let sweeps = 1
    while (!map.sweep()) sweeps += 1
    expect(map.size).toBe(0)
    expect(sweeps).toBeGreaterThan(1)
  })

  test('a sweep ends a bounded number of entries, and the next goes on', () => {
    const clock = fakeClock()
    const map = new ExpiringMap<number, number>(clock.now)
    for (let at = 0; at < 2500; at += 1) map.set(at, at, clock.now() + 1000)
    clock.advance(60)
    const sizes: number[] = []
    for (let round = 0; round < 3; round += 1) {
      map.sweep()
      sizes.push(map.size)
    }
    expect(sizes).toEqual([1500, 500, 0])
  })
})

test('a session that was opened under an id whose mark still lasted is marked anew', async () => {
  const { clock, store, insert, end } = open(10)
  await end('a.1')
  clock.advance(50)
  const { cursor } = await store.marks()
  await insert('a.1')
  expect((await end('a.1')).mark?.lastsFor).toBe(LIFE.markFor)
  expect((await store.marks(cursor)).marks.length).toBe(1)
  expect((await store.marks()).marks.length).toBe(1)
})

test('data is made JSON before it is stored', async () => {
  const { store, clock } = open(10)
  const data = { at: new Date(0), map: new Map([['a', 1]]), call: () => 1, none: undefined }
  const record = session('a.1', clock.now(), { data: data as never })
  expect((await store.insert(record, ROOMY)).outcome).toBe('inserted')
  expect((await store.find('a.1')).record?.data).toEqual({ at: '1970-01-01T00:00:00.000Z', map: {} })
})

test('a wake-up that throws does not undo a revocation, and the others are still called', async () => {
  const { store } = open(10)
  const woken = vi.fn()
  store.onMarks(() => {
    throw new Error('not ready')
  })
  store.onMarks(woken)
  await store.revoke({ kind: 'subject', subject: 'a' }, LIFE)
  expect(woken).toHaveBeenCalledOnce()
  expect((await store.marks()).marks.length).toBe(1)
})

test('a cursor of another store is answered with everything', async () => {
  const [one, two] = [open(10).store, open(10).store]
  for (const store of [one, two]) await store.revoke({ kind: 'subject', subject: 'a' }, LIFE)
  const { cursor } = await one.marks()
  expect((await one.marks(cursor)).marks).toEqual([])
  expect((await two.marks(cursor)).marks.length).toBe(1)
})

test('a closed store rejects; closing it again is no error', async () => {
  const { store, clock } = open(10)
  await store.close()
  await store.close()
  const calls = [
    () => store.find('a'),
    () => store.marks(),
    () => store.insert(session('a.1', clock.now()), ROOMY),
    () => store.revoke({ kind: 'subject', subject: 'a' }, LIFE),
    () => store.remember('a', 1),
  ]
  for (const call of calls) await expect(call()).rejects.toMatchObject(FULL)
  expect(vi.getTimerCount()).toBe(0)
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
    store.onMarks(() => {})
    await store.revoke({ kind: 'session', sessionId: 'a' }, { markFor: 1e6 })`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: new URL('../../express', import.meta.url),
    timeout: 20_000,
  })
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
})
