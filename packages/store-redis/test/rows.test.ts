/** Rows that this release cannot read, and what leaves of a failure. */

import { inspect } from 'node:util'
import { partitionOf } from '@auth/core'
import { type RedisServer, startRedis } from '@auth/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { redisOptions, redisStore } from '../src/index.js'
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

const keyOf = (id: string): string => `auth:{${id.split('.')[0]}}:${id.split('.')[1]}`

describe('a row that cannot be read', () => {
  const damages: Record<string, (row: string) => string> = {
    'of another layout': (row) => row.replace(/ a(?=[0-9])/, ' b'),
    'without a head': () => 'garbage',
    'cut short': (row) => row.slice(0, row.length / 2),
  }

  test.each(Object.entries(damages))(
    '(%s) is an error, hides no other, and can be ended',
    async (_name, damage) => {
      const store = redisStore(client)
      const broken = await stored(store, 'alice')
      const whole = await stored(store, 'alice')
      const key = keyOf(broken.id)
      await client.set(key, damage(`${await client.get(key)}`), 'KEEPTTL')
      await expect(store.find(broken.id)).rejects.toMatchObject({ code: 'store_unavailable' })
      expect(await store.list('alice')).toEqual([whole])
      expect((await store.insert(broken, ROOMY)).outcome).toBe('taken')
      const query = { tokenId: 't', sessionId: broken.id, subject: 'alice', epoch: broken.epoch }
      expect(await store.isRevoked(query)).toBe(false)
      expect((await store.revoke({ kind: 'session', sessionId: broken.id }, LIFE)).changed).toBe(true)
      expect((await store.find(broken.id)).record).toBeNull()
      expect(await store.isRevoked(query)).toBe(true)
    },
  )

  test('counts under a cap, and is not ended by a login', async () => {
    const store = redisStore(client)
    const broken = await stored(store, 'alice')
    await client.set(keyOf(broken.id), 'garbage', 'KEEPTTL')
    const cap = { ...ROOMY, max: 1 } as const
    const login = async (whenFull: 'evict' | 'deny') =>
      (await store.insert(await recordOf(store, 'alice'), { ...cap, whenFull })).outcome
    expect(await login('deny')).toBe('full')
    expect(await login('evict')).toBe('inserted')
    expect(await client.get(keyOf(broken.id))).toBe('garbage')
  })

  test('is not replaced', async () => {
    const store = redisStore(client)
    const record = await stored(store, 'alice')
    await client.set(keyOf(record.id), 'garbage', 'KEEPTTL')
    await expect(store.replace({ ...record, version: 2 }, 1)).rejects.toMatchObject({
      code: 'store_unavailable',
    })
  })
})

test('a record comes back as it was, whatever is in it', async () => {
  const store = redisStore(client)
  const odd = {
    seed: 'a,b[c]{"d"} ,{}]',
    data: { none: [], empty: {}, text: ',{}]', deep: [{ a: null }] },
    device: '',
    takeover: 'older',
    later: { release: 2 },
    idleFor: 1,
    idleExpiresAt: 1,
    authenticatedAt: 0,
    createdAt: 1000,
    persistent: false,
    transport: 'bearer',
  } as const
  for (const changes of [odd, { data: {} }, { data: { a: {} } }, { later: {} }]) {
    const record = await stored(store, 'alice', changes)
    expect((await store.find(record.id)).record).toEqual(record)
  }
})

describe('an error of the store', () => {
  const SECRETS = ['seed-of-this-session', 'alice@example.com', 'data-of-alice']
  const faults: Record<
    string,
    { readonly args?: readonly string[]; readonly begin?: (redis: RedisServer) => void }
  > = {
    'a command that the server does not know': { args: ['--rename-command', 'EVALSHA', ''] },
    'a server that is full': { begin: ({ cli }) => cli('config', 'set', 'maxmemory', '1') },
    'a server that has become a replica': { begin: ({ cli }) => cli('replicaof', '127.0.0.1', '1') },
    'a key of another type': {
      begin: ({ cli }) =>
        cli('eval', `for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('SET', key, 'x') end`, '0'),
    },
    'a server that is gone': { begin: ({ process }) => process.kill('SIGKILL') },
  }

  test.each(Object.entries(faults))('holds no argument of a command: %s', async (_name, { args, begin }) => {
    const own = await startRedis(args)
    const redis = new Redis(own.url, redisOptions)
    redis.on('error', () => undefined)
    const store = redisStore(redis)
    const subject = 'alice@example.com'
    const now = Date.now()
    const drawn = await recordOf({ epoch: async () => ({ epoch: now, now }) }, subject, {
      data: { text: 'data-of-alice' },
    })
    await store
      .insert({ ...drawn, id: `${await partitionOf(subject)}.another-session` }, ROOMY)
      .catch(() => undefined)
    begin?.(own)
    const calls = [
      () => store.insert(drawn, ROOMY),
      () => store.revoke({ kind: 'subject', subject }, LIFE),
      () => store.putDocument('ring', 'data-of-alice', 0),
    ]
    let failures = 0
    for (const call of calls) {
      const error: unknown = await call().then(
        () => null,
        (reason) => reason,
      )
      if (error === null) continue
      failures += 1
      const text = inspect(error, { depth: null, showHidden: true })
      expect(error).toMatchObject({ code: 'store_unavailable' })
      expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([])
    }
    expect(failures).toBeGreaterThan(0)
    redis.disconnect()
    await own.stop()
  })

  test('tells what happened', async () => {
    const own = await startRedis()
    const store = redisStore(own.url)
    await store.epoch('alice')
    own.cli('config', 'set', 'maxmemory', '1')
    await expect(
      store.insert(await recordOf(store, 'alice').catch(() => ({}) as never), ROOMY),
    ).rejects.toThrow()
    const error = await store.epoch('bob').then(
      () => null,
      (reason) => reason,
    )
    expect(error.message).toMatch(/^Redis cannot answer: .*OOM/)
    expect(error.cause).toMatchObject({ name: 'ReplyError', message: expect.stringContaining('OOM') })
    await store.close()
    await own.stop()
  })
})

test('a closed store rejects, also on a client of the application; closing it again is no error', async () => {
  const store = redisStore(client)
  await store.close()
  await store.close()
  for (const call of [() => store.find('a'), () => store.marks(), () => store.remember('a', 1)]) {
    await expect(call()).rejects.toMatchObject({ code: 'store_unavailable' })
  }
  expect(await client.ping()).toBe('PONG')
})
