import { createAuth, partitionOf } from '@auth/core'
import { type RedisServer, startRedis } from '@auth/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../src/index.js'
import { LIFE, patient, stored } from './session.js'

const SECRET = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
const LOGINS = 1000

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

const usedMemory = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])

/** Everything the server holds, as one text per key. */
const dump = async (): Promise<Map<string, string>> => {
  const contents = new Map<string, string>()
  for (const key of await client.keys('*')) {
    const type = await client.type(key)
    const read: Record<string, () => Promise<unknown>> = {
      string: () => client.get(key),
      hash: () => client.hgetall(key),
      zset: () => client.zrange(key, '0', '-1', 'WITHSCORES'),
      stream: () => client.xrange(key, '-', '+'),
    }
    contents.set(key, JSON.stringify(await read[type]?.()))
  }
  return contents
}

const open = (now = Date.now) => {
  const onEvent = () => undefined
  return createAuth({
    secret: SECRET,
    environment: 'production',
    store: redisStore(client),
    now,
    onEvent,
    rotation: 'strict',
  })
}

describe('at rest', () => {
  test(`${LOGINS} sessions: nothing replayable, no user text in a key, less than 550 bytes each`, async () => {
    const auth = open()
    // Scripts, buffers and the first tables are the server's own; they are there before a session counts.
    for (let at = 0; at < LOGINS; at += 1) {
      await auth.refresh((await auth.login({ subject: `warm up ${at}`, transport: 'bearer' })).refreshToken)
    }
    const before = await usedMemory()
    const texts: string[] = []
    const subjects: string[] = []
    for (let at = 0; at < LOGINS; at += 1) {
      const subject = `user${at}@example.com`
      const { accessToken, refreshToken } = await auth.login({
        subject,
        transport: 'bearer',
        device: 'Firefox on Linux',
      })
      const next = await auth.refresh(refreshToken)
      subjects.push(subject)
      for (const token of [accessToken, next.accessToken]) texts.push(...token.split('.'))
      for (const token of [refreshToken, next.refreshToken]) texts.push(token.split('.').at(-1) as string)
    }
    const perSession = ((await usedMemory()) - before) / LOGINS
    console.info(`redis: ${Math.round(perSession)} bytes per session, index and subject included`)
    expect(perSession).toBeLessThan(550)

    await auth.revoke({ subject: 'user1@example.com' })
    const contents = await dump()
    const everything = [...contents].flat().join('\n')
    const keys = [...contents.keys()].join('\n')
    for (const text of new Set(texts)) expect(everything.includes(text), text).toBe(false)
    expect(everything).not.toMatch(/eyJ[\w-]+\.eyJ|rt1\./)
    expect(everything).not.toContain(SECRET)
    for (const subject of subjects) expect(keys.includes(subject)).toBe(false)
    expect(keys).not.toMatch(/user|@/)
    await auth.close()
  }, 60_000)

  test(`${LOGINS} revocations take less than 600 bytes each, the row given back not counted`, async () => {
    const store = redisStore(client)
    const end = async (at: number) => {
      const sessionId = `${await partitionOf(`user${at}`)}.abcdefghijklmnopqrstuv`
      await store.revoke({ kind: 'session', sessionId }, LIFE)
    }
    for (let at = 0; at < 100; at += 1) await end(at)
    const before = await usedMemory()
    for (let at = 0; at < LOGINS; at += 1) await end(1000 + at)
    const perMark = ((await usedMemory()) - before) / LOGINS
    console.info(`redis: ${Math.round(perMark)} bytes per revocation`)
    expect(perMark).toBeLessThan(600)
  }, 60_000)

  test('every key but a document ends, and a session ends exactly at its expiresAt', async () => {
    const store = redisStore(client)
    const { id, expiresAt } = await stored(store, 'alice')
    const { id: ended } = await stored(store, 'alice')
    await store.revoke({ kind: 'token', tokenId: 'lost', sessionId: id }, LIFE)
    await store.revoke({ kind: 'session', sessionId: ended }, { ...LIFE, tombstoneFor: 5_000_000 })
    await store.revoke({ kind: 'subject', subject: 'bob' }, LIFE)
    await store.putDocument('ring', 'text', 0)
    await store.remember('once', 1000)
    const [partition, random] = id.split('.')
    expect(Number(server.cli('pexpiretime', `auth:{${partition}}:${random}`))).toBe(expiresAt - 1)
    expect(Number(server.cli('pexpiretime', `auth:{${partition}}`))).toBeGreaterThanOrEqual(expiresAt)
    const tombstone = await client.pttl(`auth:{${partition}}:${ended.split('.')[1]}`)
    expect(tombstone).toBeGreaterThan(4_900_000)
    expect(tombstone).toBeLessThanOrEqual(5_000_000)
    const lives = await Promise.all(
      (await client.keys('*')).map(async (key) => [key, await client.pttl(key)]),
    )
    const eternal = lives.flatMap(([key, life]) => (Number(life) < 0 ? [key] : []))
    expect([lives.length, eternal]).toEqual([9, [expect.stringMatching(/^auth:\{feed\}:document:/)]])
  })

  test('a session that has ended is gone, and its subject with it', async () => {
    const store = redisStore(client)
    const { now } = await store.find('')
    const { id, epoch } = await stored(store, 'brief', { idleExpiresAt: now + 1000, expiresAt: now + 1000 })
    while ((await store.find('')).now < now + 1000) expect((await store.list('brief')).length).toBeLessThan(2)
    expect((await store.find(id)).record).toBeNull()
    expect(await store.list('brief')).toEqual([])
    expect(await store.isRevoked({ tokenId: 't', sessionId: id, subject: 'brief', epoch })).toBe(true)
  })

  test('the index of a subject forgets sessions that have ended or were ended', async () => {
    const store = redisStore(client)
    const index = `auth:{${await partitionOf('alice')}}`
    const sessions = () => client.zcount(index, 0, '+inf')
    for (let at = 0; at < 40; at += 1) await stored(store, 'alice')
    await store.revoke({ kind: 'subject', subject: 'alice' }, LIFE)
    const { epoch } = await store.epoch('alice')
    for (let at = 0; at < 40; at += 1) await client.zadd(index, epoch, `000000001ended-session-${at}`)
    expect(await sessions()).toBe(80)
    for (let at = 0; at < 60; at += 1) await stored(store, 'alice')
    expect(await sessions()).toBe(60)
    expect((await store.list('alice')).length).toBe(60)
  })
})

describe('the server', () => {
  test('may forget all scripts at any time', async () => {
    const auth = open()
    const { accessToken } = await auth.login({ subject: 'alice' })
    await client.script('FLUSH')
    await expect(auth.authenticate(accessToken, { revocation: 'store' })).resolves.toMatchObject({
      subject: 'alice',
    })
    await auth.close()
  })

  test('is never asked to search its keys or to block', async () => {
    await client.config('RESETSTAT')
    const auth = open()
    const { refreshToken, principal } = await auth.login({ subject: 'alice' })
    await auth.refresh(refreshToken)
    await auth.sessions('alice')
    await auth.revoke({ subject: 'alice', keep: principal.sessionId })
    const stats = await client.info('commandstats')
    const used = [...stats.matchAll(/cmdstat_([a-z|]+):/g)].map(([, name]) => name as string)
    expect(used).toContain('evalsha')
    expect(used.filter((name) => /^(keys|scan|[hsz]scan|b[lrz].*|xread.*|flush.*)$/.test(name))).toEqual([])
    await auth.close()
  })

  test('that evicts, and a client that hangs, are announced', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const careless = new Redis(server.url)
    const messages = await redisStore(careless).warnings()
    expect(messages.join('\n')).toMatch(
      /commandTimeout[\s\S]*enableOfflineQueue[\s\S]*autoResend[\s\S]*maxmemory-policy is allkeys-lru/,
    )
    await client.config('SET', 'maxmemory-policy', 'noeviction')
    expect(await redisStore(server.url).warnings()).toEqual([])
    careless.disconnect()
  })

  test('is waited for where replicas are asked for', async () => {
    const store = redisStore(client, { wait: { replicas: 1, timeout: 20 } })
    const revoke = async () => (await store.revoke({ kind: 'session', sessionId: 'a.b' }, LIFE)).changed
    await expect(revoke()).rejects.toMatchObject({ code: 'store_unavailable' })
    const replica = await startRedis(['--replicaof', '127.0.0.1', String(server.port)])
    await expect.poll(revoke, { timeout: 10_000 }).toBe(false)
    await replica.stop()
  })

  test('is not given options that cannot work', () => {
    expect(() => redisStore('')).toThrow(/redis:\/\/localhost/)
    expect(() => redisStore(client, { prefix: 'a{b}' })).toThrow(/prefix must be/)
    expect(() => redisStore(client, { ttl: 1 } as never)).toThrow(/ttl is not an option/)
    expect(() => redisStore(client, { wait: { replicas: 0, timeout: 5 } })).toThrow(/wait must be/)
  })
})
