/** security.md K3, K4, J6: whatever happens, nothing that lets anyone in is written anywhere. */

import { hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import { fakeClock, modelStore } from '@auth/contracts'
import {
  type AuthEvent,
  type AuthOptions,
  createAuth,
  isAuthError,
  jsonLines,
  loggerSink,
  type TokenStore,
} from '@auth/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { attemptOf, driveAll, type Witness } from './token/every-flow.js'
import { OTHER_SECRET, partsOf, SECRET } from './token/scene.js'

const SECRETS = [SECRET, OTHER_SECRET]
const derived = SECRETS.flatMap((secret) =>
  ['production', 'development'].flatMap((environment) =>
    (['base64url', 'base64', 'hex'] as const).map((encoding) =>
      Buffer.from(hkdfSync('sha256', secret, '', `auth/1 ${environment} refresh token`, 32)).toString(
        encoding,
      ),
    ),
  ),
)

/** Everything that was ever said: events, errors, lines of sinks, the console. */
let witness: Witness
let events: AuthEvent[]
beforeEach(() => {
  witness = { said: [], pairs: [] }
  events = []
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => void witness.said.push(args))
  }
})
afterEach(() => vi.restoreAllMocks())

/** All texts that a value may turn into on its way to a log. */
const textsOf = (value: unknown): string => {
  const { message, stack, cause, errors } = Object(value)
  const causes = [cause, errors].filter((inner) => inner !== undefined && inner !== value).map(textsOf)
  return [
    inspect(value, {
      depth: 30,
      showHidden: true,
      getters: true,
      maxStringLength: null,
      maxArrayLength: null,
    }),
    JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)),
    ...[String(value), message, stack, ...causes],
  ].join('\n')
}

/** What lets somebody in: secrets, derived keys, whole tokens, signatures, MACs, and what is signed. */
const forbidden = (): string[] =>
  [
    ...[...SECRETS, ...derived],
    ...witness.pairs.flatMap(({ accessToken, refreshToken }) => [
      ...[accessToken, ...partsOf(accessToken)],
      ...[refreshToken, refreshToken.split('.').slice(4).join('.'), refreshToken.split('.')[5] ?? ''],
    ]),
  ].filter((text) => text !== '')

const expectSilence = (): void => {
  const all = witness.said.map(textsOf).join('\n')
  for (const text of forbidden()) expect(all.includes(text), `${text} was written`).toBe(false)
  expect(witness.said.filter((value) => value instanceof Error && !isAuthError(value))).toEqual([])
}

const clock = fakeClock()
const open = (store: TokenStore, more: Partial<AuthOptions> = {}) => {
  const line = jsonLines((text) => witness.said.push(text))
  const log = (...args: unknown[]) => witness.said.push(args)
  const logger = loggerSink({ info: log, warn: log, error: log })
  const onEvent = (event: AuthEvent) => {
    for (const sink of [line, logger]) sink(event)
    events.push(event)
    witness.said.push(event)
  }
  const auth = createAuth({
    secret: SECRETS,
    store,
    environment: 'production',
    now: clock.now,
    onEvent,
    ...more,
  })
  witness.said.push(auth)
  return auth
}

const kinds = () => new Set(events.map(({ type }) => type))
const reasons = () => new Set(events.map((event) => ('reason' in event ? event.reason : '')))

test('not in any flow of a healthy set-up', async () => {
  await driveAll(open(modelStore(clock.now)), clock, witness)
  expectSilence()
  expect([...kinds()]).toEqual(
    expect.arrayContaining(['login', 'token_issued', 'refreshed', 'reuse_detected', 'revoked']),
  )
  expect([...reasons()]).toEqual(
    expect.arrayContaining([
      'malformed',
      'oversized',
      'unknown_key',
      'bad_signature',
      'wrong_transport',
      'refresh_reused',
    ]),
  )
})

test('not while keys rotate', async () => {
  const store = modelStore(clock.now)
  const first = await open(store, { secret: [OTHER_SECRET] }).login({ subject: 'alice', transport: 'bearer' })
  witness.pairs.push(first)
  clock.advance(60)
  const auth = open(store)
  await attemptOf(witness)(() => auth.refresh(first.refreshToken))
  expect([...kinds()]).toContain('key_rotated')
  expectSilence()
})

describe('not when the application fails', () => {
  const FAILURES: Record<string, (subject: string) => unknown> = {
    'claims throws': () => {
      throw new Error('users table is gone')
    },
    'claims rejects with its context': (...context) =>
      Promise.reject(Object.assign(new Error('no'), { context })),
    'claims throws a text': () => {
      throw 'down'
    },
    'claims gives nothing': () => undefined,
    'claims gives something circular': () => {
      const circular: Record<string, unknown> = {}
      circular.self = circular
      return circular
    },
    'claims uses our names': () => ({ sub: 'mallory', exp: 0 }),
    'claims are too large': () => ({ pad: 'x'.repeat(9000) }),
    'the subject is disabled': () => null,
  }
  test.each(Object.entries(FAILURES))('%s', async (_, claims) => {
    const store = modelStore(clock.now)
    let failing = false
    const auth = open(store, { claims: ((subject: string) => (failing ? claims(subject) : {})) as never })
    const first = await attemptOf(witness)(() => auth.login({ subject: 'alice', transport: 'bearer' }))
    failing = true
    await driveAll(auth, clock, witness, first)
    expectSilence()
  })
})

describe('not when the store fails', () => {
  /** A driver that says all it knows, as ioredis does with `error.command`. */
  const failing = (method: string, args: unknown[]): Error =>
    Object.assign(new Error(`READONLY ${method} ${JSON.stringify(args)}`), {
      command: { name: method, args },
    })
  const answering = ['insert', 'find', 'replace', 'list', 'epoch', 'revoke', 'isRevoked', 'marks'] as const
  const methods = [...answering, 'onMarks'] as const

  test.each([...methods, 'all'])('%s', async (broken) => {
    const store = modelStore(clock.now)
    let down = false
    const watched = new Proxy(store, {
      get: (target, key: keyof typeof store) => {
        const value = target[key]
        if (typeof value !== 'function' || !(broken === 'all' || broken === key)) return value
        return (...args: never[]) => {
          // A subscription is the one call that gives no promise.
          if (down && key === 'onMarks') throw failing(key, args)
          if (down) return Promise.reject(failing(key, args))
          return (value as (...args: never[]) => unknown)(...args)
        }
      },
    })
    const auth = open(watched, { onUnavailable: 'allow' })
    const first = await attemptOf(witness)(() => auth.login({ subject: 'alice', transport: 'bearer' }))
    down = true
    await driveAll(auth, clock, witness, first)
    expectSilence()
    if (!['marks', 'list', 'onMarks'].includes(broken)) expect([...kinds()]).toContain('store_trouble')
  })
})

test('the store is never given what lets somebody in', async () => {
  const store = modelStore(clock.now)
  const given: unknown[] = []
  const watched = new Proxy(store, {
    get: (target, key: keyof typeof store) => {
      const value = target[key]
      if (typeof value !== 'function') return value
      return (...args: never[]) => {
        given.push(args)
        return (value as (...args: never[]) => unknown)(...args)
      }
    },
  })
  await driveAll(open(watched), clock, witness)
  expect(given.length).toBeGreaterThan(20)
  witness = { ...witness, said: given }
  expectSilence()
})

test('the library itself shows nothing, however it is looked at', async () => {
  const auth = open(modelStore(clock.now))
  witness.pairs.push(await auth.login({ subject: 'alice' }))
  witness.said.push(
    auth,
    Object.entries(auth),
    Object.values(auth).map(String),
    structuredClone(JSON.parse(JSON.stringify(auth))),
  )
  expectSilence()
})
