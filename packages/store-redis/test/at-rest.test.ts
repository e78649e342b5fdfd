import { createAuth, partitionOf } from '@auth/core'
import { type RedisServer, startRedis } from '@auth/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { redisOptions, redisStore } from '../src/index.js'

const SECRET = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
const LOGINS = 1000

let server: RedisServer
let client: Redis
beforeAll(async () => {
  server = await startRedis()
  client = new Redis(server.url, redisOptions)
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
    overlap: 0,
  })
}

describe('at rest', () => {
  test(`${LOGINS} sessions: nothing replayable, no user text in a key, less than 500 bytes each`, async () => {
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
    expect(perSession).toBeLessThan(500)

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

  test('every key ends, and a session ends exactly at its expiresAt', async () => {
    const auth = open()
    const { principal } = await auth.login({ subject: 'alice' })
    const other = await auth.login({ subject: 'alice' })
    await auth.revoke({ tokenId: principal.tokenId, sessionId: principal.sessionId })
    await auth.revoke({ sessionId: other.principal.sessionId })
    const [listed] = await auth.sessions('alice')
    const [partition, random] = principal.sessionId.split('.')
    expect(Number(server.cli('pexpiretime', `auth:{${partition}}:${random}`))).toBe(
      (listed?.expiresAt as number) - 1,
    )
    expect(Number(server.cli('pexpiretime', `auth:{${partition}}`))).toBeGreaterThanOrEqual(
      listed?.expiresAt as number,
    )
    const keys = await client.keys('*')
    expect(keys.length).toBe(4)
    for (const key of keys) expect(await client.pttl(key), key).toBeGreaterThan(0)
    await auth.close()
  })

  test('a session that has ended is gone, and its subject with it', async () => {
    const store = redisStore(client)
    const { now } = await store.find('')
    const base = {
      version: 1,
      generation: 1,
      previous: 0,
      recoveries: 0,
      seed: 's',
      idleFor: 1,
      persistent: true,
    } as const
    const times = {
      rotatedAt: now,
      createdAt: now,
      authenticatedAt: now,
      idleExpiresAt: now + 30,
      expiresAt: now + 30,
    }
    const record = {
      id: `${await partitionOf('brief')}.random-part`,
      subject: 'brief',
      epoch: now,
      transport: 'cookie',
      ...base,
      ...times,
    } as const
    expect(await store.insert(record)).toBe(true)
    while ((await store.find('')).now < record.expiresAt)
      expect((await store.list('brief')).length).toBeLessThan(2)
    expect((await store.find(record.id)).record).toBeNull()
    expect(await store.list('brief')).toEqual([])
    expect(await store.isRevoked({ tokenId: 't', sessionId: record.id, subject: 'brief', epoch: now })).toBe(
      true,
    )
    await store.close()
  })

  test('the index of a subject forgets sessions that have ended', async () => {
    const store = redisStore(client)
    const { epoch, now } = await store.epoch('alice')
    const partition = await partitionOf('alice')
    const base = {
      version: 1,
      generation: 1,
      previous: 0,
      recoveries: 0,
      seed: 's',
      idleFor: 1,
      persistent: true,
    } as const
    const insert = (id: string, life: number) => {
      const times = {
        rotatedAt: now,
        createdAt: now,
        authenticatedAt: now,
        idleExpiresAt: now + life,
        expiresAt: now + life,
      }
      return store.insert({
        id: `${partition}.${id}`,
        subject: 'alice',
        epoch,
        transport: 'cookie',
        ...base,
        ...times,
      })
    }
    for (let at = 0; at < 50; at += 1) expect(await insert(`brief-session-${at}`, 300)).toBe(true)
    while ((await store.find('')).now < now + 300) await store.list('alice')
    for (let at = 0; at < 50; at += 1) expect(await insert(`long-session-${at}`, 60_000)).toBe(true)
    expect(await client.hlen(`auth:{${partition}}`)).toBe(51)
    await store.close()
  })

  test('old marks leave the feed by age', async () => {
    const store = redisStore(client)
    await client.xadd('auth:{feed}', '1000-0', 'm', '{"kind":"session","sessionId":"old","expiresAt":1}')
    for (let at = 0; at < 300; at += 1) {
      await store.revoke({ kind: 'session', sessionId: `a.${at}`, expiresAt: Date.now() + 60_000 })
    }
    const { marks } = await store.marks()
    expect(marks.length).toBeGreaterThanOrEqual(300)
    const oldest = Number((await client.xrange('auth:{feed}', '-', '+', 'COUNT', 1))[0]?.[0].split('-')[0])
    // The server trims whole blocks of a hundred entries; what is left of an old block is a hundred at most.
    expect(marks.length <= 300 || oldest === 1000).toBe(true)
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
    expect(
      used.filter((name) => /^(keys|scan|[hsz]scan|b[lrz].*|xread.*|subscribe|flush.*)$/.test(name)),
    ).toEqual([])
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
    expect(await redisStore(client).warnings()).toEqual([])
    careless.disconnect()
  })

  test('is waited for where replicas are asked for', async () => {
    const store = redisStore(client, { wait: { replicas: 1, timeout: 20 } })
    const revoke = () => store.revoke({ kind: 'session', sessionId: 'a.b', expiresAt: Date.now() + 1000 })
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
