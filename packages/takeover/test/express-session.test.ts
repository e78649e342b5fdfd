/** express-session in a real application, with its memory, connect-redis on Redis, and connect-pg-simple on PostgreSQL. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type RedisServer, startRedis } from '@auth/testkit'
import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session, { MemoryStore, type Store } from 'express-session'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  connectRedis,
  type ExpressStore,
  expressSession,
  connectPgSimple as readPgSimple,
  type TakeoverReader,
} from '../src/index.js'
import { type Postgres, startPostgres } from './postgres.js'
import { AT, after, type Cookies, fixture, lineOf, RETIRED, SECRET, sending } from './request.js'

declare module 'express-session' {
  interface SessionData {
    userId: number
    loggedInAt: Date
  }
}

const HOUR = 3_600_000

/** An application as its owners have it, with users who sign in and out. */
const startApplication = async (store: Store) => {
  const app = express()
  const cookie = { maxAge: HOUR }
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, store, cookie }))
  app.post('/login/:id', (req, res, next) => {
    req.session.regenerate((error) => {
      if (error) return next(error)
      req.session.userId = Number(req.params.id)
      req.session.loggedInAt = new Date()
      if (req.query.remember === 'no') Object.assign(req.session.cookie, { maxAge: null })
      res.end()
    })
  })
  app.get('/me', (req, res) => void res.json(req.session.userId ?? null))
  app.post('/cart', (req, res) => {
    Object.assign(req.session, { cart: [1] })
    res.end()
  })
  const server = app.listen(0)
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const send = async (method: string, path: string, cookies: Cookies = {}) => {
    const response = await fetch(base + path, { method, headers: { cookie: lineOf(cookies) } })
    return { body: await response.text(), cookies: after(cookies, response.headers.getSetCookie()) }
  }
  return {
    login: async (id: number) => (await send('POST', `/login/${id}`)).cookies,
    loginForBrowser: async (id: number) => (await send('POST', `/login/${id}?remember=no`)).cookies,
    fill: async () => (await send('POST', '/cart')).cookies,
    me: async (cookies: Cookies) => JSON.parse((await send('GET', '/me', cookies)).body),
    close: () => server.close(),
  }
}

type Application = Awaited<ReturnType<typeof startApplication>>

interface Installation {
  readonly store: Store
  readonly readers: Readonly<Record<string, TakeoverReader>>
  /** How many seconds a row has left; null where the store does not say. */
  readonly left: (sid: string) => Promise<number | null>
  readonly shorten: (sid: string) => Promise<unknown>
}

const USERS = 100

const settings = { secret: SECRET, user: 'userId', authenticatedAt: 'loggedInAt' }

const sidOf = (cookies: Cookies) => decodeURIComponent(cookies['connect.sid'] ?? '').slice(2, 34)

const story = (install: () => Promise<Installation>, names: readonly string[]) => {
  let installed: Installation
  let application: Application
  beforeAll(async () => {
    installed = await install()
    application = await startApplication(installed.store)
  })
  afterAll(() => application.close())

  describe.each(names)('%s', (name) => {
    const reader = () => installed.readers[name] as TakeoverReader

    test(`${USERS} sessions that the application made are read, each with an id of its own`, async () => {
      const ids = new Set<unknown>()
      const before = Date.now()
      for (let user = 1; user <= USERS; user += 1) {
        const cookies = await application.login(user)
        const found = await reader().read(sending(cookies))
        expect(found).toMatchObject({ subject: String(user), persistent: true })
        expect(found?.authenticatedAt).toBeGreaterThanOrEqual(before)
        expect(found?.expiresAt).toBeGreaterThan(before + HOUR - 1)
        expect(JSON.stringify(found)).not.toContain(sidOf(cookies))
        ids.add(found?.id)
      }
      expect(ids.size).toBe(USERS)
      expect(ids.has(null)).toBe(false)
    })

    test('a session that ends with the browser is read as one', async () => {
      const found = await reader().read(sending(await application.loginForBrowser(7)))
      expect(found).toMatchObject({ subject: '7', persistent: false, expiresAt: null })
    })

    test('a session without a user is none', async () => {
      expect(await reader().read(sending(await application.fill()))).toBeNull()
    })

    test('touching it does what a request to the application does', async () => {
      const cookies = await application.login(8)
      const found = await reader().read(sending(cookies))
      await installed.shorten(sidOf(cookies))
      if (!found) throw new Error('there is no session')
      expect(await reader().touch?.(found, sending(cookies))).toEqual([])
      const left = await installed.left(sidOf(cookies))
      if (left !== null) expect(left).toBeGreaterThan(3000)
      expect(await application.me(cookies)).toBe(8)
      expect(await reader().read(sending(cookies))).toMatchObject({ id: found.id, subject: '8' })
    })

    test('ending it ends it in the application too, and no other', async () => {
      const [cookies, others] = [await application.login(9), await application.login(9)]
      const found = await reader().read(sending(cookies))
      if (!found) throw new Error('there is no session')
      expect(await reader().end?.(found, sending(others))).toEqual([])
      expect(await application.me(cookies)).toBe(9)
      const lines = await reader().end?.(found, sending(cookies))
      expect(lines).toEqual([expect.stringMatching(/^connect\.sid=; Max-Age=0; .*Path=\/; .*HttpOnly/)])
      expect(await application.me(cookies)).toBeNull()
      expect(await reader().read(sending(cookies))).toBeNull()
      expect(await application.me(others)).toBe(9)
      expect(await reader().end?.(found, sending(cookies))).toEqual([])
    })
  })
}

describe('MemoryStore', () => {
  const store = new MemoryStore()
  const nothing = async () => null
  const readers = { expressSession: expressSession({ store, ...settings }) }
  story(async () => ({ store, readers, left: nothing, shorten: nothing }), ['expressSession'])
})

describe('connect-redis', () => {
  let server: RedisServer
  let nodeRedis: ReturnType<typeof createClient>
  let ioredis: Redis
  beforeAll(async () => {
    server = await startRedis()
    nodeRedis = createClient({ url: server.url })
    nodeRedis.on('error', () => undefined)
    await nodeRedis.connect()
    ioredis = new Redis(server.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 })
    ioredis.on('error', () => undefined)
  })
  afterAll(async () => {
    nodeRedis.destroy()
    ioredis.disconnect()
    await server.stop()
  })

  const install = async (): Promise<Installation> => {
    const store = new RedisStore({ client: nodeRedis })
    return {
      store,
      readers: {
        expressSession: expressSession({ store, ...settings }),
        'connectRedis with node-redis': connectRedis({ client: nodeRedis, ...settings }),
        'connectRedis with ioredis': connectRedis({ client: ioredis, ...settings }),
      },
      left: (sid) => ioredis.ttl(`sess:${sid}`),
      shorten: (sid) => ioredis.expire(`sess:${sid}`, 60),
    }
  }
  story(install, ['expressSession', 'connectRedis with node-redis', 'connectRedis with ioredis'])

  test('a prefix of its own, and a life of its own for sessions that end with the browser', async () => {
    const cookies = fixture('express-session').browser.cookies
    const [value] = Object.values<{ value: string }>(fixture('express-session').browser.rows)
    await ioredis.set(`app:${sidOf(cookies)}`, value?.value ?? '')
    const reader = connectRedis({ client: ioredis, prefix: 'app:', ttl: 500, ...settings })
    const found = await reader.read(sending(cookies))
    expect(found).toMatchObject({ subject: '42' })
    expect(await connectRedis({ client: ioredis, ...settings }).read(sending(cookies))).toBeNull()
    if (found) await reader.touch?.(found, sending(cookies))
    expect(await ioredis.ttl(`app:${sidOf(cookies)}`)).toBeGreaterThan(490)
  })

  test.each([
    'no JSON',
    '[1]',
    '42',
    'null',
    '"text"',
    '{"cookie":5}',
    '{"userId":{}}',
    `{"a":"${'x'.repeat(2_000_000)}"}`,
  ])('a row that holds something else is no session', async (row) => {
    const cookies = fixture('express-session').browser.cookies
    await ioredis.set(`sess:${sidOf(cookies)}`, row)
    expect(await connectRedis({ client: ioredis, ...settings }).read(sending(cookies))).toBeNull()
  })

  test('a Redis that is gone is an error, not "no session"', async () => {
    const cookies = fixture('express-session').persistent.cookies
    await server.stop()
    const gone = { ...settings, now: () => AT }
    await expect(connectRedis({ client: ioredis, ...gone }).read(sending(cookies))).rejects.toThrow()
    const store = new RedisStore({ client: createClient({ url: server.url, disableOfflineQueue: true }) })
    await expect(expressSession({ store, ...gone }).read(sending(cookies))).rejects.toThrow()
    // What is no session by its cookie alone needs no store.
    expect(
      await connectRedis({ client: ioredis, ...gone }).read(sending({ 'connect.sid': 's%3Aa.b' })),
    ).toBeNull()
  })
})

describe('connect-pg-simple', () => {
  const PgStore = connectPgSimple(session)
  const sql = "UPDATE session SET expire = now() + interval '60 seconds' WHERE sid = $1"
  const leftSql = 'SELECT extract(epoch FROM expire - now()) AS seconds FROM session WHERE sid = $1'
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.stop())

  const install = async (): Promise<Installation> => {
    const { pool } = postgres
    const store = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
    return {
      store,
      readers: {
        expressSession: expressSession({ store, ...settings }),
        connectPgSimple: readPgSimple({ pool, ...settings }),
      },
      left: async (sid) => Number((await pool.query(leftSql, [sid])).rows[0].seconds),
      shorten: (sid) => pool.query(sql, [sid]),
    }
  }
  story(install, ['expressSession', 'connectPgSimple'])

  test('a table and a schema of its own, whatever their names', async () => {
    const { pool } = postgres
    await pool.query('CREATE SCHEMA "my ""schema"')
    await pool.query('CREATE TABLE "my ""schema"."web sessions" (LIKE session INCLUDING ALL)')
    const { cookies, rows } = fixture('express-session').persistent
    const sess = Object.values<{ value: string }>(rows)[0]?.value
    await pool.query(
      'INSERT INTO "my ""schema"."web sessions" VALUES ($1, $2, now() + interval \'1 hour\')',
      [sidOf(cookies), sess],
    )
    const reader = readPgSimple({ pool, schemaName: 'my "schema', tableName: 'web sessions', ...settings })
    expect(await reader.read(sending(cookies))).toMatchObject({ subject: '42' })
  })

  test('a row past its time is none', async () => {
    const { pool } = postgres
    const { cookies, rows } = fixture('express-session').persistent
    const sess = Object.values<{ value: string }>(rows)[0]?.value
    const insert = "INSERT INTO session VALUES ($1, $2, now() + interval '1 hour')"
    await pool.query(insert, [sidOf(cookies), sess])
    const at = (now: number) => readPgSimple({ pool, ...settings, now: () => now }).read(sending(cookies))
    expect(await at(Date.now())).toMatchObject({ subject: '42' })
    expect(await at(Date.now() + 2 * HOUR)).toBeNull()
  })

  test('a PostgreSQL that is gone is an error, not "no session"', async () => {
    const { cookies } = fixture('express-session').persistent
    await postgres.kill()
    await expect(readPgSimple({ pool: postgres.pool, ...settings }).read(sending(cookies))).rejects.toThrow()
  })
})

describe('cookies that the fixtures hold', () => {
  const made = fixture('express-session')
  /** A store on files answers with ENOENT where there is no session. */
  const storeOf = (rows: Record<string, { readonly value: string }>): ExpressStore => ({
    get: (sid, done) => {
      const row = rows[`sess:${sid}`]
      if (row) done(null, JSON.parse(row.value))
      else done(Object.assign(new Error('no such file'), { code: 'ENOENT' }))
    },
    destroy: (_sid, done) => done?.(),
  })
  const read = (name: string, options = {}) => {
    const reader = expressSession({
      store: storeOf(made[name].rows),
      secret: SECRET,
      user: 'userId',
      now: () => AT,
      ...options,
    })
    return reader.read(sending(made[name].cookies))
  }

  test('ids that an application made itself, with any characters', async () => {
    expect(await read('ownIds')).toMatchObject({ subject: '42' })
  })
  test('every secret opens, whatever its place', async () => {
    expect(await read('retiredSecret')).toBeNull()
    for (const secret of [RETIRED, [SECRET, RETIRED], [RETIRED, SECRET]]) {
      expect(await read('retiredSecret', { secret })).toMatchObject({ subject: '42' })
    }
  })
  test('the user of Passport', async () => {
    expect(await read('browser', { user: 'passport.user' })).toMatchObject({ subject: 'alice' })
  })
  test('a session that is not there is none, a store that fails or throws is an error', async () => {
    expect(await read('browser', { store: storeOf({}) })).toBeNull()
    const failing = {
      ...storeOf({}),
      get: (_: string, done: (error: unknown) => void) => done(new Error('disk')),
    }
    await expect(read('browser', { store: failing })).rejects.toThrow('disk')
    const throwing = {
      ...storeOf({}),
      get: () => {
        throw new Error('at once')
      },
    }
    await expect(read('browser', { store: throwing })).rejects.toThrow('at once')
  })
  test('the id stays the same through whatever reader, and is another for another session', async () => {
    const first = await read('browser')
    expect((await read('browser', { secret: [RETIRED, SECRET], user: 'passport.user' }))?.id).toBe(first?.id)
    expect((await read('persistent'))?.id).not.toBe(first?.id)
  })
  test('where it stands in time', async () => {
    expect(await read('persistent')).toMatchObject({ persistent: true, expiresAt: AT + HOUR })
    const touched = await read('persistent', { now: () => AT + 2 * HOUR })
    // The store still has it, so it lives; the end that its content names is over.
    expect(touched).toMatchObject({ persistent: true, expiresAt: null })
  })
})
