/** security.md J4: what createAuth refuses at start, all of it at once. */

import { modelStore } from '@auth/contracts'
import { type AuthOptions, createAuth, isAuthError } from '@auth/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settingsFrom } from '../../../core/src/options.js'

const SECRET = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'
const sound = { secret: SECRET, store: modelStore(), environment: 'production' } as const

/** The problems that createAuth names, one a line; an empty list where it accepts. */
const problemsOf = (options: unknown): string[] => {
  try {
    createAuth(options as AuthOptions)
    return []
  } catch (error) {
    if (!isAuthError(error, 'invalid_options')) throw error
    const [title, ...problems] = error.message.split('\n- ')
    expect(title).toBe('createAuth cannot work with these options:')
    return problems
  }
}
const problemsWith = (more: object): string[] => problemsOf({ ...sound, ...more })

test('options that are sound are accepted, and a store and a secret are all that production needs', () => {
  expect(problemsOf(sound)).toEqual([])
  const everything: Required<AuthOptions> = {
    ...sound,
    ...{ claims: () => ({}), issuer: 'https://id.example', audience: 'api', accessTtl: 300, idle: 3600 },
    ...{ absolute: 7200, leeway: 0, overlap: 0, rotation: 'strict', maxStaleness: 1, onUnavailable: 'allow' },
    ...{ maxSessions: 1, whenFull: 'deny', keys: ['secret'] },
    audit: undefined, // tried where a log is at hand, in the tests of the memory store
    ...{ onEvent: () => undefined, now: Date.now, environment: 'production' },
  }
  expect(problemsOf(everything)).toEqual([])
  const undefineds = Object.fromEntries(Object.keys(everything).map((key) => [key, undefined]))
  expect(problemsOf({ ...undefineds, ...sound })).toEqual([])
})

test('every problem is named at once', () => {
  const problems = problemsOf({
    ...{
      secret: 'short',
      accessTtl: Number.NaN,
      leeway: 60_000,
      issuer: '',
      rotation: 'none',
      onEvent: 'log',
    },
    ...{ sekret: SECRET, accesTtl: 5, environment: 'prod' },
  })
  const names = problems.map((problem) => problem.split(' ')[0]?.replace('(SESSION_SECRET)', ''))
  expect(names.sort()).toEqual(
    [
      'accesTtl',
      'accessTtl',
      'environment',
      'issuer',
      'leeway',
      'onEvent',
      'rotation',
      'secret',
      'sekret',
      'store',
    ].sort(),
  )
})

describe('a name that is no option', () => {
  test.each(['Secret', 'expiresIn', 'accessTTL', 'toString', 'constructor', 'hasOwnProperty', ' secret', ''])(
    '%j',
    (key) => {
      expect(problemsWith({ [key]: 1 })).toEqual([
        expect.stringContaining(`${key} is not an option; there are secret, `),
      ])
    },
  )
  test('even when its value is undefined, and even __proto__', () => {
    expect(problemsWith({ ttl: undefined })).toHaveLength(1)
    expect(problemsOf({ ...sound, ...JSON.parse('{"a":1}'), ['__proto__']: 1 })).toHaveLength(2)
  })
  test.each([undefined, null, 'secret', 5, true])('no options at all: %j', (options) => {
    expect(problemsOf(options)).not.toEqual([])
  })
})

describe('durations are whole numbers of seconds within reason', () => {
  const LIMITS = [
    { option: 'accessTtl', max: 3600, min: 1, above: /^accessTtl \(3601\) must be at most 3600/ },
    // Room for an access token that is shorter.
    { option: 'idle', max: 34_560_000, min: 2, more: { absolute: 34_560_000 } },
    { option: 'absolute', max: 316_224_000, min: 2 },
    { option: 'leeway', max: 300, min: 0 },
    { option: 'overlap', max: 60, min: 1 },
    { option: 'maxStaleness', max: 60, min: 1 },
  ]
  const WRONG = [
    Number.NaN,
    Infinity,
    -Infinity,
    -1,
    0.5,
    1e16,
    '600',
    '',
    null,
    true,
    [],
    [60],
    {},
    60n,
    Symbol('s'),
  ]

  test.each(LIMITS)('$option: from $min to $max', ({ option, max, min, more = {}, above }) => {
    expect(problemsWith({ ...more, [option]: max })).toEqual([])
    expect(problemsWith({ ...more, [option]: min })).toEqual([])
    expect(problemsWith({ ...more, [option]: max + 1 })[0]).toMatch(
      above ?? `${option} must be a whole number of seconds`,
    )
    expect(problemsWith({ ...more, [option]: min - 1 })).not.toEqual([])
  })
  test.each(LIMITS)('$option: nothing that is no such number', ({ option }) => {
    for (const value of [...WRONG, Object.create(null)]) {
      const problems = problemsWith({ [option]: value })
      expect(problems[0], String(Object(value)[Symbol.toStringTag] ?? typeof value)).toMatch(
        new RegExp(`^${option} must be a whole number`),
      )
    }
  })
  test.each([
    { more: { accessTtl: 600, idle: 600 }, says: 'accessTtl (600) must be shorter than idle (600)' },
    { more: { idle: 7200, absolute: 7199 }, says: 'idle (7200) must not be longer than absolute (7199)' },
    { more: { accessTtl: 30, overlap: 30 }, says: 'overlap (30) must be shorter than accessTtl (30)' },
    {
      more: { overlap: 1, rotation: 'strict' },
      says: 'overlap (1) does nothing with rotation "strict"; leave one of them out',
    },
    {
      more: { overlap: 0 },
      says: 'overlap 0 signs people out at every second tab; if that is what you want, say rotation: "strict" instead',
    },
  ])('$says', ({ more, says }) => {
    expect(problemsWith(more)).toEqual([says])
  })
  test('what is left out fits what is given', () => {
    const lifetimesOf = (more: object) => {
      const { accessTtl, idle, absolute, overlap } = settingsFrom({ ...sound, ...more })
      return { accessTtl, idle, absolute, overlap }
    }
    expect(lifetimesOf({ absolute: 300 })).toEqual({ accessTtl: 150, idle: 300, absolute: 300, overlap: 30 })
    expect(lifetimesOf({ idle: 300 })).toMatchObject({ accessTtl: 150, overlap: 30 })
    expect(lifetimesOf({ idle: 900 })).toMatchObject({ accessTtl: 450, overlap: 30 })
    expect(lifetimesOf({ idle: 1200 })).toMatchObject({ accessTtl: 600, overlap: 30 })
    expect(lifetimesOf({ accessTtl: 40 })).toMatchObject({ overlap: 20, idle: 1_209_600 })
    expect(lifetimesOf({ accessTtl: 1 })).toMatchObject({ overlap: 1 })
    expect(lifetimesOf({ rotation: 'strict' })).toMatchObject({ overlap: 0 })
    expect(settingsFrom({ ...sound, idle: 20_000_000 })).toMatchObject({ absolute: 20_000_000 })
    expect(settingsFrom({ ...sound })).toMatchObject({
      ...{ accessTtl: 600, idle: 1_209_600, absolute: 7_776_000, leeway: 60, overlap: 30, maxStaleness: 5 },
      ...{ strict: false, allowUnchecked: false, issuer: 'app', audience: 'app', development: false },
      ...{ maxSessions: 100, whenFull: 'evict' },
    })
  })
})

describe('the other options', () => {
  const WRONG: Record<string, readonly unknown[]> = {
    issuer: ['', ' app', 'app ', '\n', 'x'.repeat(256), 5, null, ['app'], {}, Symbol('app')],
    audience: ['', ' app', 'x'.repeat(256), 5, null, ['app', 'api'], {}],
    rotation: ['', 'Strict', 'none', true, null],
    onUnavailable: ['', 'Allow', 'deny ', false, null],
    maxSessions: [0, -1, 0.5, 10_001, '100', null, Number.NaN, Infinity],
    whenFull: ['', 'Evict', 'refuse', true, null],
    environment: ['', 'Development', 'prod', 'staging', 'TEST', ' test', null, true],
    claims: [null, {}, 'role', 1],
    onEvent: [null, {}, 'log', console],
    now: [null, 0, Date.now(), '2026'],
    store: [null, {}, 'redis://localhost', new Map(), { ...modelStore(), isRevoked: undefined }],
  }
  test.each(Object.entries(WRONG))('%s', (option, values) => {
    for (const value of values)
      expect(problemsWith({ [option]: value })[0]).toMatch(new RegExp(`^${option} must be`))
  })
  test('a store without a feed is a store', () => {
    expect(problemsWith({ store: { ...modelStore(), marks: undefined } })).toEqual([])
  })
})

test('an inherited option is used, so it is checked', () => {
  const inheriting = (more: object) => Object.assign(Object.create({ ...more }), sound)
  expect(problemsOf(inheriting({ leeway: 60_000 }))[0]).toMatch(/^leeway must be/)
  expect(problemsOf(inheriting({ leeway: 30 }))).toEqual([])
})

test('whatever is given: an Auth or one AuthError, never anything else', () => {
  const keys = [
    'issuer',
    'audience',
    'accessTtl',
    'idle',
    'absolute',
    'leeway',
    'overlap',
    'rotation',
    'secret',
    'x',
  ]
  const anything = fc.anything({
    withBigInt: true,
    withNullPrototype: true,
    withSparseArray: true,
    withObjectString: true,
  })
  const options = fc.dictionary(fc.constantFrom(...keys), fc.oneof(anything, fc.constant(Symbol('s'))))
  fc.assert(
    fc.property(options, (more) => {
      problemsWith(more)
    }),
    { numRuns: 3000 },
  )
})
