/** Flask-Session on Redis and Django's sessions on PostgreSQL, with the rows that the real libraries wrote. */

import { type RedisServer, startRedis } from '@auth/testkit'
import { decode } from '@msgpack/msgpack'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DjangoOptions, django, djangoRows, flaskSession, numericIds } from '../src/index.js'
import { type Postgres, startPostgres } from './postgres.js'
import { AT, after, type Cookies, fixture, RETIRED, SECRET, sending } from './request.js'

describe('Flask-Session', () => {
  const made = fixture('flask-session')
  let server: RedisServer
  let client: Redis
  beforeAll(async () => {
    server = await startRedis()
    client = new Redis(server.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 })
    client.on('error', () => undefined)
  })
  afterAll(async () => {
    client.disconnect()
    await server.stop()
  })

  const cookies: Cookies = { session: made.sid }
  const key = `session:${made.sid}`
  const put = (base64: string, at = key) => client.set(at, Buffer.from(base64, 'base64'))
  const reader = (options = {}) => flaskSession({ client, format: decode, ...options })
  const readRow = async (base64: string, options = {}) => {
    await put(base64)
    return reader(options).read(sending(cookies))
  }

  test('rows of MessagePack are read', async () => {
    expect(await readRow(made.msgpack.plain)).toMatchObject({
      subject: '42',
      persistent: true,
      expiresAt: null,
    })
    expect(await readRow(made.msgpack.browser)).toMatchObject({ subject: '42', persistent: false })
    expect((await readRow(made.msgpack.plain))?.id).toMatch(/^[\w-]{43}$/)
  })
  test('rows of JSON are read, by either option', async () => {
    expect(await readRow(made.json, { format: 'json' })).toMatchObject({ subject: '42' })
    expect(await readRow(made.json)).toMatchObject({ subject: '42' })
  })
  test('rows of pickle are no sessions, and nothing in them is run', async () => {
    const [pickle] = Object.values<string>(made.pickled.rows)
    const evil = Buffer.from("cposix\nsystem\n(S'touch /tmp/pickled'\ntR.").toString('base64')
    for (const row of [pickle ?? '', evil]) {
      expect(await readRow(row)).toBeNull()
      expect(await readRow(row, { format: 'json' })).toBeNull()
    }
  })
  test('a decoder that reads on after the end does not make a session of pickle', async () => {
    const [pickle] = Object.values<string>(made.pickled.rows)
    expect(await readRow(pickle ?? '', { format: () => ({ _user_id: 'attacker' }) })).toBeNull()
  })
  test.each(Object.keys(made.msgpack).filter((name) => !['plain', 'browser'].includes(name)))(
    'a row that is %s is no session',
    async (name) => {
      expect(await readRow(made.msgpack[name])).toBeNull()
    },
  )
  test('the signed cookies of SESSION_USE_SIGNER are verified', async () => {
    const signed: Cookies = made.signed.cookies
    await put(made.msgpack.plain, `session:${signed.session?.split('.')[0]}`)
    const read = (options: object) => reader(options).read(sending(signed))
    expect(await read({ signedBy: SECRET })).toMatchObject({ subject: '42' })
    expect(await read({ signedBy: [RETIRED, SECRET] })).toMatchObject({ subject: '42' })
    expect(await read({ signedBy: RETIRED })).toBeNull()
    expect(await read({})).toBeNull()
    expect(await reader({ signedBy: SECRET }).read(sending(made.pickled.cookies))).toBeNull()
  })
  test('touching prolongs the row and sets the cookie again, ending deletes both', async () => {
    await put(made.msgpack.plain)
    const found = await reader().read(sending(cookies))
    if (!found) throw new Error('there is no session')
    const lines = await reader({ lifetime: 500 }).touch?.(found, sending(cookies))
    expect(lines).toEqual([`session=${made.sid}; Max-Age=500; Path=/; Secure; HttpOnly; SameSite=Lax`])
    expect(await client.ttl(key)).toBeGreaterThan(490)
    const ended = await reader().end?.(found, sending(cookies))
    expect(after(cookies, ended ?? [])).toEqual({})
    expect(await client.exists(key)).toBe(0)
  })
  test('a Redis that is gone is an error, not "no session"', async () => {
    await server.stop()
    await expect(reader().read(sending(cookies))).rejects.toThrow()
  })
})

describe('Django', () => {
  const made = fixture('django')
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
    await postgres.pool.query(`CREATE TABLE django_session (
      session_key varchar(40) PRIMARY KEY, session_data text NOT NULL, expire_date timestamptz NOT NULL)`)
    for (const { cookies, row } of Object.values<{
      cookies: Cookies
      row: { data: string; expiresAt: number }
    }>(made)) {
      if (row) await insert(cookies.sessionid ?? '', row.data, row.expiresAt)
    }
  })
  afterAll(() => postgres.stop())

  const insert = (key: string, data: string, expiresAt: number) =>
    postgres.pool.query('INSERT INTO django_session VALUES ($1, $2, to_timestamp($3 / 1000.0))', [
      key,
      data,
      expiresAt,
    ])

  type Options = Partial<DjangoOptions<number>>
  const reader = (options: Options = {}) =>
    django({
      secret: SECRET,
      rows: djangoRows(postgres.pool),
      ids: numericIds,
      passwordOf: (id) => (id === made.user.id ? made.user.password : null),
      now: () => AT,
      ...options,
    })
  const read = (name: string, options: Options = {}) => reader(options).read(sending(made[name].cookies))

  test.each(['plain', 'packed', 'unicode'])('a session is read: %s', async (name) => {
    expect(await read(name)).toEqual({
      id: expect.stringMatching(/^[\w-]{43}$/),
      subject: '1',
      authenticatedAt: null,
      expiresAt: made[name].row.expiresAt,
      persistent: true,
    })
  })
  test('set_expiry and SESSION_EXPIRE_AT_BROWSER_CLOSE say whether the cookie ends with the browser', async () => {
    expect(await read('browser')).toMatchObject({ persistent: false })
    expect(await read('plain', { expireAtBrowserClose: true })).toMatchObject({ persistent: false })
  })
  test('after a change of password only sessions made since then are left', async () => {
    const passwordOf = () => made.afterChange.user.password as string
    expect(await read('plain', { passwordOf })).toBeNull()
    expect(await read('afterChange', { passwordOf })).toMatchObject({ subject: '1' })
    expect(await read('afterChange')).toBeNull()
  })
  test('a user who is gone has no session', async () => {
    expect(await read('plain', { passwordOf: () => null })).toBeNull()
  })
  test('a retired secret opens where it is listed', async () => {
    expect(await read('retiredSecret')).toBeNull()
    expect(await read('retiredSecret', { secret: [SECRET, RETIRED] })).toMatchObject({ subject: '1' })
  })
  test.each(['anonymous', 'pickled', 'before31', 'bomb'])('no session: %s', async (name) => {
    expect(await read(name)).toBeNull()
  })
  test('a row past its time is none', async () => {
    const { expiresAt } = made.plain.row
    expect(await read('plain', { now: () => expiresAt - 1 })).not.toBeNull()
    expect(await read('plain', { now: () => expiresAt })).toBeNull()
  })
  test('a row that was altered by one character is none', async () => {
    const { data, expiresAt } = made.plain.row as { data: string; expiresAt: number }
    const rows = (changed: string) => ({
      find: async () => ({ data: changed, expiresAt }),
      remove: async () => {},
    })
    expect(await read('plain', { rows: rows(data) })).not.toBeNull()
    for (let at = 0; at < data.length; at += 1) {
      const other = data[at] === 'A' ? 'B' : 'A'
      const changed = data.slice(0, at) + other + data.slice(at + 1)
      expect(await read('plain', { rows: rows(changed) })).toBeNull()
    }
  })
  test('ending deletes the row', async () => {
    const key = made.unicode.cookies.sessionid
    const found = await read('unicode')
    if (!found) throw new Error('there is no session')
    const lines = await reader().end?.(found, sending(made.unicode.cookies))
    expect(lines).toHaveLength(1)
    const { rows } = await postgres.pool.query('SELECT 1 FROM django_session WHERE session_key = $1', [key])
    expect(rows).toEqual([])
    expect(reader().touch).toBeUndefined()
  })
  test('a users table or a database that is gone is an error, not "no session"', async () => {
    const passwordOf = async () => {
      throw new Error('users are not to be had')
    }
    await expect(read('plain', { passwordOf })).rejects.toThrow('users are not to be had')
    await postgres.kill()
    await expect(read('plain')).rejects.toThrow()
  })
})
