/** Runs what the README prints, against real servers and cookies of the real libraries. */

import { readFileSync } from 'node:fs'
import { type RedisServer, startRedis } from '@auth/testkit'
import { decode } from '@msgpack/msgpack'
import { Redis } from 'ioredis'
import Database from 'libsql'
import { createClient, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as takeover from '../src/index.js'
import { type DjangoRows, numericIds, type OldSession, type TakeoverReader } from '../src/index.js'
import { type Postgres, startPostgres } from './postgres.js'
import { AT, type Cookies, fixture, lineOf, MARKER, SECRET, sending } from './request.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/<!-- recipe: ([a-z0-9 -]+) -->\n```\w*\n([\s\S]*?)```/g)]
const recipes = new Map(blocks.map(([, name, text]) => [`${name}`, `${text}`]))
const tried = new Set<string>()

type Names = Record<string, unknown>

const AsyncFunction = (async () => undefined).constructor as new (
  ...args: string[]
) => (...values: unknown[]) => Promise<Names>

/** Runs a block with these names in reach; gives the readers that it made, and what it defined. */
const run = async (recipe: string, names: Names, defined: readonly string[] = []) => {
  tried.add(recipe)
  const readers: TakeoverReader[] = []
  const record = (make: unknown) => (options: object) => {
    const made = (make as (options: object) => TakeoverReader)(options)
    readers.push(made)
    return made
  }
  const isFactory = (name: string, value: unknown) => typeof value === 'function' && name !== 'djangoRows'
  const exported = Object.entries(takeover).map(([name, value]) => [
    name,
    isFactory(name, value) ? record(value) : value,
  ])
  const given: Names = {
    ...Object.fromEntries(exported),
    process: { env: ENV },
    decode,
    RESP_TYPES,
    ...names,
  }
  const body = (recipes.get(recipe) ?? `throw new Error('no recipe')`).replace(/^import .*\n/gm, '')
  const result = await new AsyncFunction(...Object.keys(given), `${body}\nreturn { ${defined.join(', ')} }`)(
    ...Object.values(given),
  )
  return { readers, ...result } as Names & { readers: TakeoverReader[] }
}

const ENV = { OLD_SECRET: SECRET, SECRET_KEY: SECRET, NEXTAUTH_SECRET: SECRET, AUTH_SECRET: SECRET }

let server: RedisServer
let ioredis: Redis
let redis: ReturnType<typeof createClient>
let postgres: Postgres

const express = fixture('express-session').persistent
const [[expressKey = '', { value: expressRow = '' } = {}] = []] = Object.entries<{ value?: string }>(
  express.rows,
)
const flaskRows = fixture('flask-session')
const djangoMade = fixture('django')

beforeAll(async () => {
  server = await startRedis()
  ioredis = new Redis(server.url)
  redis = createClient({ url: server.url })
  await redis.connect()
  await ioredis.set(expressKey, expressRow)
  await ioredis.set(`session:${flaskRows.sid}`, Buffer.from(flaskRows.msgpack.plain, 'base64'))
  postgres = await startPostgres()
  const { pool } = postgres
  await pool.query(
    'CREATE TABLE session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)',
  )
  await pool.query('INSERT INTO session VALUES ($1, $2, to_timestamp($3))', [
    expressKey.slice('sess:'.length),
    expressRow,
    AT / 1000 + 60,
  ])
  await pool.query(
    'CREATE TABLE django_session (session_key varchar(40), session_data text, expire_date timestamptz)',
  )
  await pool.query('INSERT INTO django_session VALUES ($1, $2, to_timestamp($3))', [
    djangoMade.plain.cookies.sessionid,
    djangoMade.plain.row.data,
    AT / 1000 + 60,
  ])
  await pool.query('CREATE TABLE auth_user (id integer, password varchar(128), is_active boolean)')
  await pool.query('INSERT INTO auth_user VALUES ($1, $2, true)', [
    djangoMade.user.id,
    djangoMade.user.password,
  ])
  vi.useFakeTimers({ now: AT, toFake: ['Date'] })
})
afterAll(async () => {
  vi.useRealTimers()
  ioredis.disconnect()
  redis.destroy()
  await server.stop()
  await postgres.stop()
})

const store = {
  get: (sid: string, done: (error: unknown, session?: unknown) => void) =>
    done(null, `sess:${sid}` === expressKey ? JSON.parse(expressRow) : null),
  destroy: () => undefined,
}

const objects = (rows: Record<string, { value: object }>) => ({
  get: async (key: string) => rows[key]?.value,
  destroy: async () => undefined,
})

const koa = fixture('koa-session')
const generic = fixture('koa-generic-session').stored
const app = { keys: [SECRET] }

/** Recipe, the names that it takes from its surroundings, and for each reader that it makes, cookies and their session. */
const READERS: [recipe: string, names: () => Names, expected: [Cookies, Partial<OldSession>][]][] = [
  ['express-session', () => ({ store }), [[express.cookies, { subject: '42' }]]],
  ['connect-redis', () => ({ redis: ioredis }), [[express.cookies, { subject: '42' }]]],
  ['connect-pg-simple', () => ({ pool: postgres.pool }), [[express.cookies, { subject: '42' }]]],
  ['cookie-session', () => ({}), [[fixture('cookie-session').marked, { subject: '42', id: MARKER }]]],
  [
    'koa-session',
    () => ({ app, store: objects(koa.stored.rows) }),
    [
      [koa.marked, { subject: '42', id: MARKER }],
      [koa.stored.cookies, { subject: '42' }],
    ],
  ],
  [
    'koa-generic-session',
    () => ({ app, store: objects(generic.rows) }),
    [[generic.cookies, { subject: '42' }]],
  ],
  ['flask', () => ({}), [[fixture('flask').marked, { subject: '42', id: MARKER }]]],
  ['flask-session', () => ({ ioredis }), [[{ session: flaskRows.sid }, { subject: '42' }]]],
  ['django', () => ({ pool: postgres.pool }), [[djangoMade.plain.cookies, { subject: '1' }]]],
  ['next-auth', () => ({}), [[fixture('next-auth').marked, { subject: '42', id: MARKER }]]],
  ['authjs', () => ({}), [[fixture('authjs').marked, { subject: '42', id: MARKER }]]],
  ['iron-session', () => ({}), [[fixture('iron-session').marked, { subject: '42', id: MARKER }]]],
]

test.each(READERS)('%s', async (recipe, names, expected) => {
  const { readers } = await run(recipe, names())
  expect(readers).toHaveLength(expected.length)
  for (const [index, [cookies, session]] of expected.entries()) {
    expect(await readers[index]?.read(sending(cookies))).toMatchObject(session)
  }
})

test('reader', async () => {
  const req = { headersDistinct: { cookie: [lineOf(express.cookies)] } }
  const { old } = await run('reader', { store, req }, ['old'])
  expect(old).toMatchObject({ subject: '42', persistent: true })
})

test('ids', async () => {
  const users = { byId: async (id: number) => ({ id, next: id + 1 }) }
  const principal = { subject: '42' }
  const { row, readers } = await run('ids', { keys: [SECRET], users, principal }, ['row'])
  expect(row).toEqual({ id: 42, next: 43 })
  expect(await readers[0]?.read(sending(fixture('cookie-session').plain))).toMatchObject({ subject: '42' })
})

test('flask-session node-redis', async () => {
  const { client } = await run('flask-session node-redis', { redis }, ['client'])
  const reader = takeover.flaskSession({ client: client as takeover.BinaryRedisLike, format: decode })
  const request = sending({ session: flaskRows.sid })
  const found = await reader.read(request)
  expect(found).toMatchObject({ subject: '42' })
  if (found) await reader.touch?.(found, request)
  expect(await ioredis.ttl(`session:${flaskRows.sid}`)).toBeGreaterThan(2_600_000)
})

test('django sqlite', async () => {
  const db = new Database(':memory:')
  db.exec('CREATE TABLE django_session (session_key text, session_data text, expire_date text)')
  const insert = db.prepare('INSERT INTO django_session VALUES (?, ?, ?)')
  insert.run(djangoMade.plain.cookies.sessionid, djangoMade.plain.row.data, '2025-06-15 15:07:00.123456')
  const { rows } = await run('django sqlite', { db }, ['rows'])
  const options = { secret: SECRET, rows: rows as DjangoRows, ids: numericIds }
  const reader = takeover.django({ ...options, passwordOf: () => djangoMade.user.password })
  const request = sending(djangoMade.plain.cookies)
  const found = await reader.read(request)
  expect(found).toMatchObject({ subject: '1', expiresAt: AT + 20_123 })
  if (found) await reader.end?.(found, request)
  expect(await reader.read(request)).toBeNull()
})

test('every recipe was tried', () => {
  expect([...recipes.keys()].sort()).toEqual([...tried].sort())
})
