/** Many sessions of one subject: what a cap, a share and a bound on each call make of them. */

import { partitionOf } from '@auth/core'
import { type RedisServer, startRedis } from '@auth/testkit'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createFeed } from '../src/feed.js'
import { redisStore } from '../src/index.js'
import { createInsertion } from '../src/insertion.js'
import { createKeys, sortable } from '../src/keys.js'
import { encodeSession } from '../src/row.js'
import { createRunScript } from '../src/run-script.js'
import { SHARE } from '../src/scripts/sessions.js'
import { LIFE, patient, ROOMY, recordOf, stored } from './session.js'

let server: RedisServer
let client: Redis
beforeAll(async () => {
  server = await startRedis()
  client = patient(server.url)
})
afterEach(() => client.flushall())
afterAll(async () => {
  client.disconnect()
  await server.stop()
})

const evicting = (max: number) => ({ ...ROOMY, max, whenFull: 'evict' }) as const
const marksOf = async (subject: string) => `auth:{${await partitionOf(subject)}}:marks`

/** Opens so many sessions of alice, the last login last. */
const seed = async (store: ReturnType<typeof redisStore>, sessions: number): Promise<void> => {
  const record = await recordOf(store, 'alice')
  const { partition, field } = createKeys('auth').ofSubject('alice')
  for (let at = 1; at <= sessions; ) {
    const pipeline = client.pipeline()
    for (let left = 1000; left > 0 && at <= sessions; left -= 1, at += 1) {
      const name = `seeded-session-${at}`
      const expiresAt = record.expiresAt + at
      const row = {
        ...record,
        id: `${record.id.split('.')[0]}.${name}`,
        createdAt: record.createdAt + at,
        expiresAt,
      }
      pipeline.set(`${partition}:${name}`, encodeSession(row, field), 'PXAT', expiresAt)
      pipeline.zadd(partition, record.epoch, sortable(expiresAt) + name)
    }
    await pipeline.exec()
  }
  await client.pexpire(partition, 10_000_000)
}

/** How many commands, inside of scripts as well, some work makes the server run. */
const commandsOf = async (work: () => Promise<unknown>): Promise<number> => {
  await client.config('RESETSTAT')
  await work()
  const stats = await client.info('commandstats')
  return [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}

/** The commands that each method takes for a subject with so many sessions. */
const costs = async (sessions: number): Promise<Record<string, number>> => {
  await client.flushdb()
  const store = redisStore(client)
  await seed(store, sessions)
  const id = async (at: number) => `${await partitionOf('alice')}.seeded-session-${at}`
  const kept = await id(sessions - 100)
  const login = async () => store.insert(await recordOf(store, 'alice'), evicting(100))
  const work: Record<string, () => Promise<unknown>> = {
    login,
    list: () => store.list('alice'),
    logout: async () => store.revoke({ kind: 'session', sessionId: await id(sessions - 101) }, LIFE),
    'logout everywhere': () => store.revoke({ kind: 'subject', subject: 'alice', keep: kept }, LIFE),
    'the login after it': login,
    'the list after it': () => store.list('alice'),
  }
  expect((await store.list('alice')).length).toBe(100)
  const counts: Record<string, number> = {}
  for (const [name, run] of Object.entries(work)) counts[name] = await commandsOf(run)
  expect((await store.list('alice')).map((session) => session.id)).toContain(kept)
  expect((await store.list('alice')).length).toBe(2)
  return counts
}

test('50000 sessions of one subject cost a call no more than 500 do', async () => {
  await costs(500) // the server now knows the scripts
  const few = await costs(500)
  const many = await costs(50_000)
  console.info(`commands with 50000 sessions: ${JSON.stringify(many)}`)
  for (const [name, count] of Object.entries(many))
    expect(count, name).toBeLessThanOrEqual(1.2 * (few[name] ?? 0))
}, 120_000)

test('a subject with far more sessions than the cap loses some at each login, until the cap holds', async () => {
  const store = redisStore(client)
  await seed(store, 250)
  const evicted: number[] = []
  for (let round = 0; round < 4; round += 1) {
    const insertion = await store.insert(await recordOf(store, 'alice'), evicting(60))
    expect(insertion.outcome).toBe('inserted')
    evicted.push(insertion.evicted.length)
  }
  expect(evicted).toEqual([100, 92, 1, 1])
  expect((await store.list('alice')).length).toBe(60)
  expect((await store.marks()).marks.length).toBe(194)
  const { outcome } = await store.insert(await recordOf(store, 'alice'), {
    ...evicting(60),
    whenFull: 'deny',
  })
  expect(outcome).toBe('full')
})

test('of more sessions than one login looks at, the least recently refreshed of those that end first goes', async () => {
  const store = redisStore(client)
  await seed(store, 200)
  const { evicted } = await store.insert(await recordOf(store, 'alice'), evicting(200))
  expect(evicted.length).toBe(1)
  expect(Number(evicted[0]?.sessionId.split('-').at(-1))).toBeLessThanOrEqual(128)
})

describe('a subject that has used its share of marks', () => {
  const used = async (subject: string) => {
    const entries = Array.from({ length: SHARE }, (_, at) => [9_999_999_999_999, `mark-${at}`]).flat()
    await client.zadd(await marksOf(subject), ...(entries as [number, string]))
  }

  test('cannot log in, can log out, and concerns no other', async () => {
    const store = redisStore(client)
    const { id } = await stored(store, 'alice')
    await used('alice')
    const { cursor } = await store.marks()
    expect((await store.insert(await recordOf(store, 'alice'), ROOMY)).outcome).toBe('full')
    const refused = [
      { kind: 'token', sessionId: id, tokenId: 't' },
      { kind: 'session', sessionId: id.replace(/\..*/, '.no-session-of-alice') },
    ] as const
    for (const target of refused) {
      await expect(store.revoke(target, LIFE)).rejects.toMatchObject({ code: 'store_unavailable' })
    }
    expect((await store.marks(cursor)).marks).toEqual([])
    expect((await store.revoke({ kind: 'session', sessionId: id }, LIFE)).changed).toBe(true)
    expect((await store.revoke({ kind: 'session', sessionId: id }, LIFE)).changed).toBe(false)
    expect((await store.revoke({ kind: 'subject', subject: 'alice' }, LIFE)).changed).toBe(true)
    const other = await stored(store, 'bob')
    expect((await store.revoke({ kind: 'session', sessionId: other.id }, LIFE)).changed).toBe(true)
  })

  test('gets no session in the place of one that would have to be ended', async () => {
    const store = redisStore(client)
    for (let at = 0; at < 3; at += 1) await stored(store, 'alice')
    await used('alice')
    await client.zrem(await marksOf('alice'), 'mark-0')
    const { cursor } = await store.marks()
    expect((await store.insert(await recordOf(store, 'alice'), evicting(2))).outcome).toBe('full')
    expect((await store.list('alice')).length).toBe(3)
    expect((await store.marks(cursor)).marks).toEqual([])
  })

  test('can log in again when its marks have ended', async () => {
    const store = redisStore(client)
    await used('alice')
    const key = await marksOf('alice')
    await client.zadd(
      key,
      ...(Array.from({ length: SHARE }, (_, at) => [1, `mark-${at}`]).flat() as [number, string]),
    )
    expect((await store.insert(await recordOf(store, 'alice'), ROOMY)).outcome).toBe('inserted')
  })
})

describe('a login that ends another session', () => {
  /** A store whose connection breaks at the first call of a script after so many others. */
  const breaking = (allowed: number) => {
    let calls = 0
    return redisStore({
      send: (_key, [command, ...args]) => {
        calls += 1
        if (calls > allowed) return Promise.reject(new Error('Connection is closed.'))
        return client.call(`${command}`, ...args)
      },
    })
  }

  test('leaves no session behind that was ended and whose mark is missing, wherever it breaks off', async () => {
    const store = redisStore(client)
    await store.insert(await recordOf(store, 'warm'), ROOMY)
    let finished = false
    for (let allowed = 0; !finished; allowed += 1) {
      await client.flushdb()
      const victim = await stored(store, 'alice')
      const login = await recordOf(store, 'alice')
      const { cursor } = await store.marks()
      const insertion = await breaking(allowed)
        .insert(login, evicting(1))
        .catch(() => null)
      finished = insertion !== null
      const isEnded = (await store.find(victim.id)).record === null
      const isMarked = (await store.marks(cursor)).marks.length === 1
      expect([isEnded, isMarked]).not.toEqual([true, false])
      expect((await store.find(login.id)).record !== null).toBe(isEnded)
      // The next login finds its way out of whatever was left.
      const next = await store.insert(await recordOf(store, 'alice'), evicting(1))
      expect([next.outcome, (await store.list('alice')).length]).toEqual(['inserted', 1])
    }
    expect(finished).toBe(true)
  })

  test('of several requests that take over one session ends one other session', async () => {
    const store = redisStore(client)
    for (let at = 0; at < 5; at += 1) await stored(store, 'alice')
    const record = await recordOf(store, 'alice', { takeover: 'older' })
    const { cursor } = await store.marks()
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => store.insert(record, evicting(5))))
    expect(outcomes.filter(({ outcome }) => outcome === 'inserted').length).toBe(1)
    expect(outcomes.filter(({ outcome }) => outcome === 'taken').length).toBe(9)
    expect((await store.marks(cursor)).marks.length).toBe(1)
    expect((await store.list('alice')).length).toBe(5)
  })
})

test('subjects that share a partition do not count for each other, and none ends sessions of another', async () => {
  // Such subjects cannot be found in a test: their names agree in 64 bits of a digest.
  const partition = 'aaaaaaaaaaa'
  const keys: ReturnType<typeof createKeys> = {
    ...createKeys('auth'),
    ofSubject: (subject) => ({
      partition: `auth:{${partition}}`,
      marks: `auth:{${partition}}:marks`,
      field: subject.padEnd(8, '_'),
    }),
    sessionId: (_subject, rest) => `${partition}.${rest}`,
  }
  const run = createRunScript({ send: (_key, [command, ...args]) => client.call(`${command}`, ...args) })
  const insert = createInsertion({ run, keys, feed: createFeed({ run, keys, channel: 'c' }) })
  const store = redisStore(client)
  const login = async (subject: string, name: string, whenFull: 'evict' | 'deny') => {
    const record = await recordOf(store, subject, { id: `${partition}.session-${subject}-${name}` })
    const epoch = 1_000_000_000_000 + (subject === 'bob' ? 5 : 0)
    return insert({ ...record, epoch }, { ...evicting(2), whenFull })
  }
  for (const name of ['1', '2']) {
    expect((await login('alice', name, 'deny')).outcome).toBe('inserted')
    expect((await login('bob', name, 'deny')).outcome).toBe('inserted')
  }
  expect((await login('alice', '3', 'deny')).outcome).toBe('full')
  for (const [subject, other] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ] as const) {
    const { evicted } = await login(subject, '4', 'evict')
    expect(evicted.map(({ sessionId }) => sessionId)).toEqual([`${partition}.session-${subject}-1`])
    expect(await client.exists(`auth:{${partition}}:session-${other}-2`)).toBe(1)
  }
})
