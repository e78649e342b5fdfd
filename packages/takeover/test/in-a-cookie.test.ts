/** Formats whose cookie is the whole session, read from cookies that the real libraries made. */

import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  authJs,
  cookieSession,
  flask,
  ironSession,
  koaSession,
  nextAuth,
  numericIds,
  type SessionData,
  type TakeoverReader,
} from '../src/index.js'
import { inflated, MAX_CONTENT } from '../src/session-data.js'
import { AT, type Cookies, clockAt, fixture, MARKER, RETIRED, SECRET, sending } from './request.js'

const DAY = 86_400_000
const now = () => AT
const user = 'userId'
const marker = 'authId'

const read = (reader: TakeoverReader, cookies: Cookies) => reader.read(sending(cookies))

interface Format {
  readonly made: Readonly<Record<string, Cookies>>
  readonly reader: (secrets: string[], options?: { marker?: string; now?: () => number }) => TakeoverReader
  readonly session: object
  /** For how long after it was made, in milliseconds. */
  readonly life: number
}

const FORMATS: Record<string, Format> = {
  'cookie-session': {
    made: fixture('cookie-session'),
    reader: (keys, options) => cookieSession({ keys, user, now, ...options }),
    session: { subject: '42', persistent: false, expiresAt: null },
    life: Number.POSITIVE_INFINITY,
  },
  'koa-session': {
    made: fixture('koa-session'),
    reader: (keys, options) => koaSession({ keys, user, now, ...options }),
    session: { subject: '42', persistent: true, expiresAt: AT + DAY },
    life: DAY,
  },
  Flask: {
    made: fixture('flask'),
    reader: (secret, options) => flask({ secret, now, ...options }),
    session: { subject: '42', persistent: true, expiresAt: AT + 31 * DAY },
    life: 31 * DAY,
  },
  'next-auth 4': {
    made: fixture('next-auth'),
    reader: (secret, options) => nextAuth({ secret, now, ...options }),
    session: { subject: '42', persistent: true, expiresAt: AT + 30 * DAY },
    // It allows 15 seconds, and a token ends at its last instant.
    life: 30 * DAY + 14_999,
  },
  'Auth.js 5': {
    made: fixture('authjs'),
    reader: (secret, options) => authJs({ secret, now, ...options }),
    session: { subject: '42', persistent: true, expiresAt: AT + 30 * DAY },
    life: 30 * DAY + 14_999,
  },
  'iron-session': {
    made: fixture('iron-session'),
    reader: ([password = ''], options) =>
      ironSession({ password, cookie: 'app-session', user: 'user.id', now, ...options }),
    session: { subject: '42', persistent: true, expiresAt: AT + 14 * DAY },
    life: 14 * DAY + 59_999,
  },
}

describe.each(Object.entries(FORMATS))('%s', (_, { made, reader, session, life }) => {
  const plain = made.plain ?? {}
  const marked = made.marked ?? {}

  test('a session without a marker has no id', async () => {
    const expected = { ...session, id: null, authenticatedAt: null }
    expect(await read(reader([SECRET]), plain)).toEqual(expected)
    expect(await read(reader([SECRET], { marker }), plain)).toEqual(expected)
  })
  test('the marker that the application wrote is its id', async () => {
    expect(await read(reader([SECRET], { marker }), marked)).toMatchObject({ ...session, id: MARKER })
    expect(await read(reader([SECRET]), marked)).toMatchObject({ ...session, id: null })
  })
  test('a session without a user is none', async () => {
    expect(await read(reader([SECRET]), made.anonymous ?? {})).toBeNull()
  })
  test('it is a session for as long as the library says', async () => {
    const clock = clockAt(AT)
    const dated = reader([SECRET], { now: clock })
    clock.move(Math.min(life, 1000 * DAY))
    expect(await read(dated, plain)).toMatchObject({ subject: '42' })
    clock.move(1000)
    expect((await read(dated, plain)) === null).toBe(Number.isFinite(life))
  })
  test('another secret opens none', async () => {
    expect(await read(reader([RETIRED]), plain)).toBeNull()
  })
  const retired = made.retiredSecret
  // The passwords of iron-session have numbers; a test of their own is below.
  if (retired === undefined) return
  test('every secret opens, whatever its place', async () => {
    expect(await read(reader([SECRET]), retired)).toBeNull()
    for (const secrets of [[RETIRED], [SECRET, RETIRED], [RETIRED, SECRET]]) {
      expect(await read(reader(secrets), retired)).toMatchObject(session)
    }
  })
})

test('a cookie that is longer than browsers keep is none, however well signed', async () => {
  const { long } = fixture('cookie-session')
  expect(long.session.length).toBeGreaterThan(4096)
  expect(await read(cookieSession({ keys: SECRET, user, now }), long)).toBeNull()
})

test('compressed content is not inflated beyond its bound', () => {
  expect(inflated(deflateSync(Buffer.alloc(MAX_CONTENT)))).toHaveLength(MAX_CONTENT)
  expect(inflated(deflateSync(Buffer.alloc(MAX_CONTENT + 1)))).toBeNull()
})

describe('koa-session', () => {
  const made = fixture('koa-session')
  const koa = (options = {}) => koaSession({ keys: SECRET, user, now, ...options })

  test('a cookie that ends with the browser is not persistent and has no end of its own', async () => {
    expect(await read(koa(), made.browser)).toMatchObject({ persistent: false, expiresAt: null })
  })
  test('an unsigned one is none', async () => {
    expect(await read(koa(), made.unsigned)).toBeNull()
  })
  test('drops what begins with _, a marker too', async () => {
    expect(await read(koa({ marker: '_authId' }), made.underscored)).toMatchObject({ id: null })
  })
  test('says when its user signed in, where the application wrote it', async () => {
    const reader = koa({ authenticatedAt: 'loggedInAt' })
    expect(await read(reader, made.plain)).toMatchObject({ authenticatedAt: AT - DAY })
  })
})

describe('Flask', () => {
  const made = fixture('flask')
  const read_ = (name: string, options = {}) => read(flask({ secret: SECRET, now, ...options }), made[name])

  test('a cookie that ends with the browser is held to the same lifetime', async () => {
    expect(await read_('browser')).toMatchObject({ persistent: false, expiresAt: AT + 31 * DAY })
    expect(await read_('browser', { now: () => AT + 32 * DAY })).toBeNull()
  })
  test('PERMANENT_SESSION_LIFETIME is an option', async () => {
    expect(await read_('plain', { lifetime: 60, now: () => AT + 60_000 })).not.toBeNull()
    expect(await read_('plain', { lifetime: 60, now: () => AT + 61_000 })).toBeNull()
  })
  test('a cookie from the future is none, one of a clock that is a minute ahead is', async () => {
    expect(await read_('plain', { now: () => AT - 60_000 })).not.toBeNull()
    expect(await read_('plain', { now: () => AT - 61_000 })).toBeNull()
  })
  test('compressed content is read, and not when it becomes too long', async () => {
    expect(await read_('packed', { marker })).toMatchObject({ id: MARKER })
    expect(made.bomb.session.length).toBeLessThan(4096)
    expect(await read_('bomb')).toBeNull()
  })
  test('ids may be names, UUIDs, or stand deeper', async () => {
    expect(await read_('byName')).toMatchObject({ subject: 'alice' })
    expect(await read_('byName', { ids: numericIds })).toBeNull()
    const uuid = '12345678-9abc-4def-8123-456789abcdef'
    expect(await read_('tags', { user: 'owner' })).toMatchObject({ subject: uuid })
    const deep = {
      user: ({ nested }: SessionData) => (nested as { list: { deep: unknown[] }[] }).list[0]?.deep[0],
    }
    expect(await read_('tags', deep)).toMatchObject({ subject: uuid })
  })
  test('tagged values are what they stand for', async () => {
    let seen: unknown
    const user = (data: unknown) => {
      seen = data
      return 'alice'
    }
    await read_('tags', { user })
    expect(seen).toMatchObject({
      pair: [1, 'two'],
      bytes: Buffer.from([0, 255]),
      markup: '<b>',
      date: Date.parse('2025-06-15T12:00:00Z'),
      looks_like_a_tag: { ' t': [1] },
    })
    await read_('unicode', { user })
    expect(seen).toMatchObject({ name: 'Zoë 😀' })
  })
  test('a secret may be bytes, and a cookie have another name', async () => {
    expect(
      await read_('bytesSecret', { secret: Uint8Array.from({ length: 32 }, (_, at) => at) }),
    ).not.toBeNull()
    expect(await read_('renamed', { cookie: 'app' })).not.toBeNull()
    expect(await read_('renamed')).toBeNull()
  })
  test('a time of one byte is read', async () => {
    expect(await read_('earliest', { now: () => 2000 })).toMatchObject({ expiresAt: 1000 + 31 * DAY })
  })
})

describe.each([
  ['next-auth 4', nextAuth, fixture('next-auth'), 'next-auth.session-token'],
  ['Auth.js 5', authJs, fixture('authjs'), 'authjs.session-token'],
] as const)('%s', (_, open, made, httpName) => {
  const reader = open({ secret: SECRET, marker, now })
  const pieces: Cookies = made.pieces

  test('a token in pieces is put together, in any order', async () => {
    expect(Object.keys(pieces).length).toBeGreaterThan(1)
    expect(await read(reader, pieces)).toMatchObject({ subject: '42', id: MARKER })
    const reversed = Object.fromEntries(Object.entries(pieces).reverse())
    expect(await read(reader, reversed)).toMatchObject({ subject: '42', id: MARKER })
  })
  test('a missing piece, one too many, or a whole token beside pieces is none', async () => {
    const [first = '', ...others] = Object.keys(pieces)
    const { [first]: _first, ...rest } = pieces
    const last = others.at(-1) ?? ''
    const { [last]: _last, ...begun } = pieces
    for (const cookies of [
      rest,
      begun,
      { ...pieces, [first.replace(/0$/, '9')]: 'A' },
      { ...pieces, ...made.plain },
    ]) {
      expect(await read(reader, cookies)).toBeNull()
    }
  })
  test('over http it has a name of its own', async () => {
    expect(await read(reader, made.http)).toBeNull()
    expect(await read(open({ secret: SECRET, cookie: httpName, now }), made.http)).toMatchObject({
      subject: '42',
    })
  })
  test('a token of the same secret for another use is none', async () => {
    expect(await read(reader, made.salted ?? made.otherSalt)).toBeNull()
  })
})

describe('iron-session', () => {
  const made = fixture('iron-session')
  const iron = (password: string | Record<string, string>) =>
    ironSession({ password, cookie: 'app-session', user: 'user.id', now })

  test('passwords have numbers', async () => {
    const both = iron({ 1: RETIRED, 2: SECRET })
    expect(await read(both, made.first)).toMatchObject({ subject: '42' })
    expect(await read(both, made.second)).toMatchObject({ subject: '42' })
    expect(await read(iron(SECRET), made.second)).toBeNull()
    expect(await read(iron({ 1: SECRET, 2: RETIRED }), made.second)).toBeNull()
  })
  test('a seal without an end has none', async () => {
    expect(await read(iron(SECRET), made.endless)).toMatchObject({ expiresAt: null })
  })
  test('a seal around anything but an object is none', async () => {
    expect(await read(iron(SECRET), made.text)).toBeNull()
  })
})
