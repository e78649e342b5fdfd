/** The feed: cursors, what a server may have lost, lines of other releases, and how much is kept. */

import { eventually, type RedisServer, startRedis } from '@auth/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createFeed } from '../src/feed.js'
import { redisOptions, redisStore } from '../src/index.js'
import { createKeys } from '../src/keys.js'
import { createRunScript } from '../src/run-script.js'
import { LIFE, patient, stored } from './session.js'

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

type Store = ReturnType<typeof redisStore>
const end = (store: Store, id: string) =>
  store.revoke({ kind: 'session', sessionId: `no-partition-${id}` }, LIFE)
const everyoneOut = (store: Store, subject: string) => store.revoke({ kind: 'subject', subject }, LIFE)
const count = async (store: Store, cursor?: string) => (await store.marks(cursor)).marks.length

describe('a cursor', () => {
  test('survives that its entry was replaced: revoking one subject again and again costs one entry each time', async () => {
    const store = redisStore(client)
    for (let at = 0; at < 20; at += 1) await end(store, `${at}`)
    await everyoneOut(store, 'alice')
    let { cursor } = await store.marks()
    for (let round = 0; round < 20; round += 1) {
      await everyoneOut(store, 'alice')
      const page = await store.marks(cursor)
      expect(page.marks.map(({ kind }) => kind)).toEqual(['subject'])
      cursor = page.cursor
    }
    expect(await count(store)).toBe(21)
  })

  test('whose entry was replaced is answered with everything where the server does not tell its history', async () => {
    server.cli('acl', 'setuser', 'poor', 'on', '>poor', '~*', '&*', '+@all', '-info')
    const poor = new Redis(server.url, {
      ...redisOptions,
      username: 'poor',
      password: 'poor',
      enableReadyCheck: false,
    })
    const store = redisStore(poor)
    await end(store, 'a')
    await everyoneOut(store, 'alice')
    const { cursor } = await store.marks()
    expect(await count(store, cursor)).toBe(0)
    await everyoneOut(store, 'alice')
    expect(await count(store, cursor)).toBe(2)
    poor.disconnect()
  })

  test('of a server that lost its data is answered with everything', async () => {
    const first = await startRedis()
    const store = redisStore(first.url)
    await end(store, 'a')
    const { cursor } = await store.marks()
    await first.kill()
    const second = await startRedis([], first.port)
    await eventually(async () => (await end(store, 'b')).mark !== null)
    await end(store, 'c')
    expect(await count(store, cursor)).toBe(2)
    await store.close()
    await second.stop()
  })

  test('of a data set whose stream was lost with a clock that was set back is answered with everything', async () => {
    const store = redisStore(client)
    await end(store, 'a')
    const { cursor } = await store.marks()
    await client.del('auth:{feed}', 'auth:{feed}:targets')
    await client.xadd(
      'auth:{feed}',
      '5-0',
      'target',
      't',
      'mark',
      '{"kind":"session","sessionId":"b"}',
      'end',
      '9999999999999',
    )
    expect(await count(store, cursor)).toBe(1)
  })
})

describe('after a failover', () => {
  /** A primary and its replica; `cut` parts them, so that the replica misses what comes. */
  const pair = async () => {
    const primary = await startRedis()
    const replica = await startRedis(['--replicaof', '127.0.0.1', String(primary.port)])
    const linkIs = (state: string) => () =>
      replica.cli('info', 'replication').includes(`master_link_status:${state}`)
    await eventually(linkIs('up'))
    const [before, after] = [redisStore(primary.url), redisStore(replica.url)]
    return {
      before,
      after,
      synced: () => eventually(() => primary.cli('wait', '1', '1000') === '1'),
      cut: async () => {
        replica.cli('config', 'set', 'masteruser', 'nobody')
        replica.cli('config', 'set', 'masterauth', 'wrong')
        replica.cli('client', 'kill', 'type', 'master')
        await eventually(linkIs('down'))
      },
      promote: () => replica.cli('replicaof', 'no', 'one'),
      close: async () => {
        await Promise.all([before.close(), after.close()])
        await Promise.all([primary.stop(), replica.stop()])
      },
    }
  }

  test('that lost what was read, everything is read again', async () => {
    const { before, after, synced, cut, promote, close } = await pair()
    await end(before, 'kept')
    await synced()
    await cut()
    for (let at = 0; at < 3; at += 1) await end(before, `lost ${at}`)
    const { cursor } = await before.marks()
    promote()
    await end(after, 'new')
    const page = await after.marks(cursor)
    expect(page.marks.length).toBe(2)
    expect((await after.marks(page.cursor)).marks).toEqual([])
    await close()
  })

  test('that lost a replacement of what was read, everything is read again', async () => {
    const { before, after, synced, cut, promote, close } = await pair()
    await end(before, 'kept')
    await everyoneOut(before, 'alice')
    const { cursor } = await before.marks()
    await synced()
    await cut()
    await everyoneOut(before, 'alice')
    const { cursor: ahead } = await before.marks(cursor)
    promote()
    await everyoneOut(after, 'alice')
    expect((await after.marks(ahead)).marks.length).toBe(2)
    await close()
  })

  test('that lost nothing, reading goes on', async () => {
    const { before, after, synced, promote, close } = await pair()
    await end(before, 'kept')
    const { cursor } = await before.marks()
    await synced()
    promote()
    await end(after, 'new')
    expect((await after.marks(cursor)).marks.length).toBe(1)
    await close()
  })
})

describe('lines', () => {
  test('of a later release are handed on; those of another making are left out, and hide no other', async () => {
    const store = redisStore(client)
    await end(store, 'a')
    const later = { kind: 'tenant', name: 'x', depth: 2 }
    const lasting = ['end', '9999999999999']
    for (const fields of [
      ['target', 't', 'mark', JSON.stringify(later), ...lasting],
      ['target', 't', 'mark', 'no json', ...lasting],
      ['target', 't', 'mark', 'null', ...lasting],
      ['target', 't', 'mark', '[]', ...lasting],
      ['target', 't', 'mark', '{}'],
      ['something', 'else'],
    ]) {
      await client.xadd('auth:{feed}', '*', ...fields)
    }
    await end(store, 'b')
    const { marks, cursor } = await store.marks()
    expect(marks.map(({ kind }) => kind as string)).toEqual(['session', 'tenant', 'session'])
    expect(marks[1]).toMatchObject(later)
    expect(await count(store, cursor)).toBe(0)
  })
})

describe('the feed', () => {
  test('is read in pages, completely and in order', async () => {
    const store = redisStore(client)
    const script = `for at = 1, 2500 do
      redis.call('XADD', KEYS[1], '*', 'target', 't', 'mark', '{"kind":"session","sessionId":"' .. at .. '"}', 'end', '9999999999999')
    end`
    await client.eval(script, 1, 'auth:{feed}')
    const { marks, cursor } = await store.marks()
    expect(marks.map((mark) => mark.kind === 'session' && Number(mark.sessionId))).toEqual(
      Array.from({ length: 2500 }, (_, at) => at + 1),
    )
    expect(await count(store, cursor)).toBe(0)
  })

  test('gives back what has ended, behind what lasts as well', async () => {
    const store = redisStore(client)
    await everyoneOut(store, 'lasting')
    for (let at = 0; at < 50; at += 1)
      await store.revoke({ kind: 'session', sessionId: `brief ${at}` }, { markFor: 1 })
    for (let at = 0; at < 30; at += 1) await end(store, `${at}`)
    expect(await count(store)).toBe(31)
    expect(await client.xlen('auth:{feed}')).toBe(31)
    // One field more than there are marks: how far it was swept.
    expect(await client.hlen('auth:{feed}:targets')).toBe(32)
  })

  test('gives back lines of another making once no mark could be as old', async () => {
    const store = redisStore(client)
    await client.xadd('auth:{feed}', '1000-0', 'm', '{"kind":"session"}')
    await end(store, 'a')
    expect(await client.xlen('auth:{feed}')).toBe(1)
  })

  test('keeps the greatest epoch of a subject, in whatever order its revocations arrive', async () => {
    const run = createRunScript({ send: (_key, [command, ...args]) => client.call(`${command}`, ...args) })
    const feed = createFeed({ run, keys: createKeys('auth'), channel: 'c' })
    const mark = (epoch: number) => ({
      mark: { kind: 'subject', subject: 'alice', epoch } as const,
      life: 60_000,
    })
    for (const epoch of [7, 9, 8])
      expect(await feed.publish([mark(epoch)])).toMatchObject([
        { epoch: Math.max(epoch, epoch === 8 ? 9 : 0) },
      ])
    expect((await feed.read()).marks).toMatchObject([{ subject: 'alice', epoch: 9 }])
  })

  test('marks a session anew that was opened under an id whose mark still lasted', async () => {
    const store = redisStore(client)
    const { id, subject } = await stored(store, 'alice')
    await store.revoke({ kind: 'session', sessionId: id }, { markFor: 30_000 })
    const { cursor } = await store.marks()
    await stored(store, subject, { id })
    const { mark } = await store.revoke({ kind: 'session', sessionId: id }, LIFE)
    expect(mark?.lastsFor).toBe(LIFE.markFor)
    expect(await count(store, cursor)).toBe(1)
    expect(await count(store)).toBe(1)
  })
})
