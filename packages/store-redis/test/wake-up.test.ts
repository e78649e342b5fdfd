/** Wake-ups through real servers: what is heard, what is lost, what may not be heard, and that nothing is left open. */

import { spawnSync } from 'node:child_process'
import { eventually, type RedisServer, startRedis, startSentinel } from '@auth/testkit'
import { Redis, type RedisOptions } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { redisOptions, redisStore } from '../src/index.js'
import { LIFE } from './session.js'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const clientOf = (options: Omit<RedisOptions, 'replyMapping'> = {}): Redis => {
  const client = new Redis({ ...redisOptions, port: server.port, ...options })
  client.on('error', () => undefined)
  closing.push(() => client.disconnect())
  return client
}
const storeOf = (source: Parameters<typeof redisStore>[0], prefix = 'auth') => {
  const store = redisStore(source, { prefix })
  closing.push(() => store.close())
  return store
}
type Store = ReturnType<typeof redisStore>

let revoked = 0
const revoke = (store: Store) => {
  revoked += 1
  return store.revoke({ kind: 'session', sessionId: `no-session-${revoked}` }, LIFE)
}
const listeners = ({ cli }: RedisServer = server): number =>
  cli('client', 'list', 'type', 'pubsub')
    .split('\n')
    .filter((line) => line.includes('id=')).length

/** Counts what wakes a store. */
const listen = (store: Store) => {
  const heard = { count: 0, stop: () => {} }
  heard.stop = store.onMarks(() => {
    heard.count += 1
  })
  return heard
}
/** Revokes until it is heard. */
const isHeard = async (heard: { readonly count: number }, other: Store) => {
  const before = heard.count
  await eventually(async () => {
    await revoke(other)
    return heard.count > before
  })
}

describe('the connection that listens', () => {
  test('is opened with the first wake-up, shared by all, and closed with the last', async () => {
    const store = storeOf(clientOf())
    await store.marks()
    expect(listeners()).toBe(0)
    const [one, two] = [listen(store), listen(store)]
    await isHeard(one, store)
    expect(listeners()).toBe(1)
    one.stop()
    await isHeard(two, store)
    two.stop()
    await eventually(() => listeners() === 0)
    const three = listen(store)
    await isHeard(three, store)
    expect(one.count).toBeLessThan(two.count)
  })

  test('is closed with the store, and with the client that the store was given', async () => {
    const client = clientOf({ enableOfflineQueue: true })
    const store = storeOf(client)
    await isHeard(listen(store), store)
    await store.close()
    await eventually(() => listeners() === 0)
    const next = storeOf(client)
    await isHeard(listen(next), next)
    client.disconnect()
    await eventually(() => listeners() === 0)
  })

  test('comes back when it is lost, and wakes for what was missed meanwhile', async () => {
    const store = storeOf(server.url)
    const heard = listen(store)
    await isHeard(heard, store)
    server.cli('client', 'kill', 'type', 'pubsub')
    const before = heard.count
    await eventually(() => listeners() === 1)
    await eventually(() => heard.count > before)
    await isHeard(heard, store)
  })

  test('comes back when the server was away', async () => {
    const first = await startRedis()
    const store = storeOf(first.url)
    const heard = listen(store)
    await isHeard(heard, store)
    await first.kill()
    const second = await startRedis([], first.port)
    closing.push(() => second.stop())
    await isHeard(heard, store)
  })

  test('does not keep a process alive', () => {
    const program = `
      import { redisStore } from '@auth/store-redis'
      import { Redis } from 'ioredis'
      const client = new Redis(${server.port})
      const store = redisStore(client)
      const woken = new Promise((resolve) => store.onMarks(resolve))
      await store.revoke({ kind: 'session', sessionId: 'a' }, { markFor: 1000 })
      await woken
      client.stream.unref()`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: new URL('..', import.meta.url),
      timeout: 30_000,
    })
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
  })
})

describe('a channel', () => {
  test('belongs to one prefix and one database', async () => {
    const [mine, prefixed, elsewhere] = [
      storeOf(clientOf()),
      storeOf(clientOf(), 'other'),
      storeOf(clientOf({ db: 1 })),
    ]
    for (const store of [mine, prefixed, elsewhere]) await isHeard(listen(store), store)
    const channels = server.cli('pubsub', 'channels').split('\n')
    expect(channels.sort()).toEqual(['auth:{feed}:wake:0', 'auth:{feed}:wake:1', 'other:{feed}:wake:0'])
  })

  test('is found by clients with a prefix of their own', async () => {
    const [one, two] = [storeOf(clientOf({ keyPrefix: 'mine:' })), storeOf(clientOf({ keyPrefix: 'mine:' }))]
    await isHeard(listen(one), two)
  })

  test('is found through Sentinel, which finds the server', async () => {
    const sentinel = await startSentinel(server)
    closing.push(() => sentinel.stop())
    const through = () =>
      storeOf(
        clientOf({
          sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
          name: 'primary',
          enableOfflineQueue: true,
        }),
      )
    await isHeard(listen(through()), through())
  })

  test('that cannot be listened to wakes nothing, costs a warning, and no revocation', async () => {
    server.cli('acl', 'setuser', 'silent', 'on', '>silent', '~auth:*', '+@all', 'resetchannels')
    const user = { username: 'silent', password: 'silent' }
    const [store, other] = [storeOf(clientOf(user)), storeOf(clientOf(user))]
    const heard = listen(store)
    await eventually(async () =>
      (await store.warnings()).some((warning) => warning.includes('auth:{feed}:wake:0')),
    )
    const { cursor } = await store.marks()
    expect((await revoke(other)).mark).not.toBeNull()
    expect((await other.revoke({ kind: 'subject', subject: 'alice' }, LIFE)).changed).toBe(true)
    expect(await other.putDocument('ring', 'text', 0)).toBe(true)
    expect((await store.marks(cursor)).marks.length).toBe(3)
    expect([heard.count, listeners()]).toEqual([0, 0])
    expect(await other.warnings()).toHaveLength(1)
  })
})

test('a port without a subscription wakes nothing and works', async () => {
  const client = clientOf({ enableOfflineQueue: true })
  const store = storeOf({ send: (_key, [command, ...args]) => client.call(`${command}`, ...args) })
  const heard = listen(store)
  expect((await revoke(store)).mark).not.toBeNull()
  expect(await store.warnings()).toEqual([])
  expect(heard.count).toBe(0)
})

test.each([
  ['rejects', () => Promise.reject(new Error('no channels here'))],
  [
    'throws',
    () => {
      throw new Error('no channels here')
    },
  ],
])('a subscription of a port that %s costs a warning', async (_how, subscribe) => {
  const client = clientOf({ enableOfflineQueue: true })
  const store = storeOf({ send: (_key, [command, ...args]) => client.call(`${command}`, ...args), subscribe })
  listen(store)
  expect(await store.warnings()).toEqual([expect.stringContaining('no channels here')])
})
