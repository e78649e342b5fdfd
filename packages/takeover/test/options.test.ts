/** What readers are made with: every problem is named at start, and user ids go both ways. */

import { MemoryStore } from 'express-session'
import { describe, expect, expectTypeOf, test } from 'vitest'
import * as takeover from '../src/index.js'
import {
  cookieSession,
  expressSession,
  flask,
  flaskSession,
  ironSession,
  numericIds,
  stringIds,
  type TakeoverReader,
  type UserIds,
} from '../src/index.js'
import { AT, fixture, MARKER, SECRET, sending } from './request.js'

const store = new MemoryStore()
const user = 'userId'

/** Options that a program without types could give. */
const loose = (options: object): never => options as never

const WRONG: Record<string, [make: () => TakeoverReader, said: RegExp]> = {
  'no secret': [() => expressSession(loose({ store, user })), /^expressSession: secret must be/],
  'an empty secret': [() => flask({ secret: '' }), /secret must be/],
  'an empty list of secrets': [() => flask({ secret: [] }), /secret must be/],
  'an empty secret among others': [() => flask({ secret: [SECRET, ''] }), /secret must be/],
  'no place of the user id': [() => cookieSession({ keys: SECRET }), /user must say where/],
  'a place that is none': [() => flask(loose({ secret: SECRET, user: 5 })), /user must be the name/],
  'ids one way only': [
    () => flask(loose({ secret: SECRET, ids: { subjectOf: String } })),
    /subjectOf and idOf/,
  ],
  'a cookie name that is none': [() => flask({ secret: SECRET, cookie: 'a b' }), /cookie must be the name/],
  'a path with an attribute behind it': [
    () => flask({ secret: SECRET, path: '/; Domain=x' }),
    /path must be/,
  ],
  'a domain with an attribute behind it': [
    () => flask({ secret: SECRET, domain: 'a.b; Path=/x' }),
    /domain must/,
  ],
  'a SameSite that is none': [() => flask(loose({ secret: SECRET, sameSite: 'lax' })), /sameSite must be/],
  'a short password of iron-session': [
    () => ironSession({ password: 'short', cookie: 'a', user }),
    /32 characters/,
  ],
  'no cookie name of iron-session': [() => ironSession(loose({ password: SECRET, user })), /cookieName/],
  'a Redis client that answers in text': [
    () => flaskSession(loose({ client: { get: () => null }, format: 'json' })),
    /getBuffer/,
  ],
  'no format of rows': [() => flaskSession(loose({ client: { getBuffer: () => null } })), /format must be/],
  'no rows and no users of Django': [
    () => takeover.django(loose({ secret: SECRET })),
    /rows must be.*passwordOf must be/,
  ],
}

describe('options that cannot work', () => {
  test.each(Object.entries(WRONG))('%s', (_, [make, said]) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringMatching(said) }),
    )
  })
  test('all problems are named at once, and no secret', () => {
    const make = () => flask(loose({ secret: [SECRET, 5], path: 'x', user: '' }))
    expect(make).toThrow(/user.*path.*secret|path.*user.*secret/)
    expect(make).not.toThrow(SECRET)
  })
})

describe('user ids', () => {
  test.each<[unknown, string | null, string | null]>([
    [42, '42', '42'],
    ['42', '42', '42'],
    [0, '0', '0'],
    ['alice', 'alice', null],
    ['042', '042', null],
    ['4.2e1', '4.2e1', null],
    [' 42', ' 42', null],
    ['', null, null],
    [-1, null, null],
    [4.2, null, null],
    [Number.NaN, null, null],
    [2 ** 53, null, null],
    ['9007199254740993', '9007199254740993', null],
    [null, null, null],
    [undefined, null, null],
    [true, null, null],
    [{}, null, null],
    [['42'], null, null],
    ['x'.repeat(255), 'x'.repeat(255), null],
    ['x'.repeat(256), null, null],
    ['\ud800', null, null],
  ])('%j is the subject %j, as a number %j', (id, text, number) => {
    expect(stringIds.subjectOf(id)).toBe(text)
    expect(numericIds.subjectOf(id)).toBe(number)
  })
  test('they come back from the subject with their type', () => {
    expect(numericIds.idOf('42')).toBe(42)
    expect(stringIds.idOf('42')).toBe('42')
    expectTypeOf(numericIds.idOf).returns.toBeNumber()
    expectTypeOf(stringIds.idOf).returns.toBeString()
    for (const subject of ['alice', '042', '', '1e3', '-1']) {
      expect(() => numericIds.idOf(subject)).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
    }
  })
  test("an application's own mapping is used, and a subject that cannot be one is none", async () => {
    const cookies = fixture('cookie-session').plain
    const read = (ids: UserIds<unknown>) => cookieSession({ keys: SECRET, user, ids }).read(sending(cookies))
    const idOf = String
    expect(await read({ subjectOf: (id) => `user-${id}`, idOf })).toMatchObject({ subject: 'user-42' })
    expect(await read({ subjectOf: () => '', idOf })).toBeNull()
    expect(await read({ subjectOf: () => 'x'.repeat(300), idOf })).toBeNull()
    const throwing = () => {
      throw new Error('not prepared for this')
    }
    expect(await read({ subjectOf: throwing, idOf })).toBeNull()
  })
})

describe('places in a session', () => {
  const made = fixture('cookie-session')
  const read = (options: object, cookies = made.marked) =>
    cookieSession({ keys: SECRET, user, now: () => AT, ...options }).read(sending(cookies))

  test('are members, members further down, or functions', async () => {
    expect(await read({ user: 'passport.user' })).toMatchObject({ subject: 'alice' })
    const byFunction = ({ userId }: takeover.SessionData) => `n${userId}`
    expect(await read({ user: byFunction })).toMatchObject({ subject: 'n42' })
  })
  test('are members of its own', async () => {
    for (const place of [
      'constructor.name',
      '__proto__',
      'toString',
      'note.length',
      'passport.user.length',
      'a.b.c',
    ]) {
      expect(await read({ user: place })).toBeNull()
    }
  })
  test('are not what a vulnerable merge left in the root of all objects', async () => {
    Object.defineProperty(Object.prototype, 'userId', { value: 'attacker', configurable: true })
    try {
      expect(await read({}, made.anonymous)).toBeNull()
    } finally {
      Reflect.deleteProperty(Object.prototype, 'userId')
    }
  })
  test('a function that is not prepared for a session without a user finds none', async () => {
    const careless = (session: takeover.SessionData) => (session.passport as { user: string }).user
    expect(await read({ user: careless })).toMatchObject({ subject: 'alice' })
    expect(await read({ user: careless }, made.anonymous)).toBeNull()
  })
  test.each(['note', 'userId', 'passport', 'absent'])('what stands at %s is no marker', async (marker) => {
    expect(await read({ marker })).toMatchObject({ id: null })
    expect(await read({ marker: 'authId' })).toMatchObject({ id: MARKER })
  })
  test('a time is milliseconds or a date in JSON, not in the future', async () => {
    const at = async (value: unknown) => (await read({ authenticatedAt: () => value }))?.authenticatedAt
    expect(await at(AT - 5000)).toBe(AT - 5000)
    expect(await at(new Date(AT - 5000).toJSON())).toBe(AT - 5000)
    for (const value of [
      AT + 61_000,
      0,
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      'yesterday',
      true,
      null,
      {},
    ]) {
      expect(await at(value)).toBeNull()
    }
  })
})
