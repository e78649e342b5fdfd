/** security.md K1, K2, I6: the audit log is complete, cannot be forged, and never decides about a request. */

import { runInNewContext } from 'node:vm'
import { type AuthEvent, type EventBody, type EventSink, jsonLines, loggerSink } from '@auth/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createEmit } from '../../../core/src/audit/emit.js'
import { defaultSink } from '../../../core/src/audit/sinks.js'
import { EVENT_ID, openScene, outcomeOf, refusedFor } from './token/scene.js'

const who = { subject: 'alice', sessionId: 's' }
type Row = [severity: AuthEvent['severity'], result: AuthEvent['result'], body: EventBody]
const KINDS: Record<EventBody['type'], Row> = {
  login: ['info', 'success', { type: 'login', transport: 'cookie', persistent: true, ...who }],
  login_failed: ['info', 'failure', { type: 'login_failed', identifier: 'alice@example.com' }],
  taken_over: ['info', 'success', { type: 'taken_over', reader: 'express-session', ...who }],
  token_issued: ['info', 'success', { type: 'token_issued', tokenId: 't', expiresAt: 1, ...who }],
  refreshed: ['info', 'success', { type: 'refreshed', outcome: 'advance', generation: 2, ...who }],
  recoveries_repeated: ['warn', 'unknown', { type: 'recoveries_repeated', recoveries: 3, ...who }],
  reuse_detected: [
    'error',
    'failure',
    { type: 'reuse_detected', cause: 'spent_token', generation: 1, ...who },
  ],
  logout: ['info', 'success', { type: 'logout', ...who }],
  revoked: ['info', 'success', { type: 'revoked', scope: 'session', actor: 'admin', sessionId: 's' }],
  session_evicted: ['info', 'success', { type: 'session_evicted', ...who }],
  request_rejected: ['info', 'failure', { type: 'request_rejected', reason: 'expired' }],
  key_rotated: ['info', 'success', { type: 'key_rotated', from: 'a', to: 'b', ...who }],
  store_trouble: ['error', 'failure', { type: 'store_trouble', operation: 'find', message: 'down' }],
  store_warning: ['warn', 'unknown', { type: 'store_warning', message: 'maxmemory-policy is allkeys-lru' }],
  replica_stale: ['warn', 'failure', { type: 'replica_stale', maxStaleness: 5 }],
  replica_caught_up: ['info', 'success', { type: 'replica_caught_up', marks: 0 }],
  revocation_unchecked: ['warn', 'unknown', { type: 'revocation_unchecked', tokenId: 't', ...who }],
  claims_trouble: ['error', 'failure', { type: 'claims_trouble', message: 'down' }],
  server_fault: ['error', 'failure', { type: 'server_fault', code: 'invalid_argument', message: 'no' }],
  audit_checkpoint: ['info', 'success', { type: 'audit_checkpoint', heads: [], closed: true }],
  audit_lost: ['error', 'failure', { type: 'audit_lost', count: 1, types: { refreshed: 1 } }],
  audit_trouble: ['error', 'failure', { type: 'audit_trouble', message: 'down' }],
  development_mode: ['warn', 'unknown', { type: 'development_mode' }],
  memory_store_in_production: ['error', 'unknown', { type: 'memory_store_in_production' }],
}
const rows = Object.values(KINDS)
const record = (): { events: AuthEvent[]; sink: EventSink } => {
  const events: AuthEvent[] = []
  return { events, sink: (event) => events.push(event) }
}

describe('an event', () => {
  test.each(rows)(
    'has its severity (%s), its result (%s), its id and its time: %j',
    (severity, result, body) => {
      const { events, sink } = record()
      createEmit(sink, () => 1000)(body)
      expect(events).toEqual([{ ...body, id: EVENT_ID, at: 1000, severity, result }])
    },
  )
  test('has an id that no other has', () => {
    const { events, sink } = record()
    const emit = createEmit(sink, () => 1000)
    for (let count = 0; count < 1000; count += 1) emit(KINDS.login[2])
    expect(new Set(events.map(({ id }) => id)).size).toBe(1000)
  })
  test('says where the request came from, and cannot be overwritten by it', () => {
    const { events, sink } = record()
    const forged = { type: 'login', id: 'x', severity: 'info', result: 'success', at: 0, cause: 'none' }
    const source = { ip: '::1', requestId: 'r', ...forged }
    createEmit(sink, () => 1000)(KINDS.reuse_detected[2], source)
    expect(events).toMatchObject([
      {
        type: 'reuse_detected',
        id: EVENT_ID,
        severity: 'error',
        result: 'failure',
        at: 1000,
        cause: 'spent_token',
        ip: '::1',
        requestId: 'r',
      },
    ])
  })
  test('is its own object: what a sink does to it changes no other', () => {
    const events: AuthEvent[] = []
    const emit = createEmit(
      (event) => events.push(Object.assign(event, { at: -1 })),
      () => 1000,
    )
    const body = { ...KINDS.login[2] }
    emit(body)
    emit(body)
    expect(body).toEqual(KINDS.login[2])
    expect(events[0]).not.toBe(events[1])
  })
})

describe('a sink that', () => {
  const rejects = async () => {
    throw new Error('audit log down')
  }
  const thenable = (then: (resolve: unknown, reject: (error: Error) => void) => void) =>
    Object.defineProperty({}, 'then', { value: then })
  const BROKEN: Record<string, EventSink> = {
    throws: () => {
      throw new Error('audit log down')
    },
    'throws no error': () => {
      throw undefined
    },
    rejects: rejects,
    'rejects in another realm': () => runInNewContext('(async () => { throw 1 })()'),
    'gives a thenable that rejects': () => thenable((_, reject) => reject(new Error('no'))),
    'gives a thenable that throws': () =>
      thenable(() => {
        throw new Error('no')
      }),
    'never settles': () => new Promise(() => undefined),
    'freezes the event': (event) => Object.freeze(event),
    'empties the event': (event) => {
      for (const key of Object.keys(event)) Reflect.deleteProperty(event, key)
    },
  }
  test.each(Object.entries(BROKEN))('%s touches no request', async (_, onEvent) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const { auth, pair } = await openScene({ onEvent })
      const next = await auth.refresh(pair.refreshToken)
      expect((await auth.authenticate(next.accessToken)).subject).toBe('alice')
      expect(await outcomeOf(auth.authenticate('x'))).toEqual(refusedFor('malformed'))
      await auth.revoke({ subject: 'alice' })
      await auth.logout({ refreshToken: next.refreshToken })
      await new Promise(setImmediate)
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })
})

describe('jsonLines', () => {
  const lineOf = (body: object): string => {
    const lines: string[] = []
    jsonLines((line) => lines.push(line))({ ...body, at: 0, severity: 'info' } as AuthEvent)
    expect(lines).toHaveLength(1)
    return lines[0] ?? ''
  }

  test('one object a line, its time in RFC 3339', () => {
    const line = lineOf({ type: 'logout', ...who })
    expect(JSON.parse(line)).toEqual({
      type: 'logout',
      ...who,
      at: '1970-01-01T00:00:00.000Z',
      severity: 'info',
    })
  })

  /** Whatever some reader takes for the end of a line, or a terminal for a command. */
  const CONTROLS = [
    ...Array.from({ length: 0x20 }, (_, code) => code),
    ...Array.from({ length: 0x21 }, (_, offset) => 0x7f + offset),
    ...[0x2028, 0x2029],
  ]
  test('no character of a value can end a line or move a cursor', () => {
    for (const code of CONTROLS) {
      const value = `a${String.fromCharCode(code)}{"type":"login","subject":"forged"}`
      const line = lineOf({
        type: 'store_trouble',
        operation: value,
        message: value,
        ip: value,
        requestId: value,
      })
      expect(line).not.toContain(String.fromCharCode(code))
      expect(JSON.parse(line)).toMatchObject({
        operation: value,
        message: value,
        ip: value,
        requestId: value,
      })
    }
  })
  test('quotes and backslashes stay inside their value', () => {
    for (const value of ['","severity":"error', '\\', '\\"', '\u2028\\u2028', '</script>', '\ud800']) {
      expect(JSON.parse(lineOf({ type: 'logout', subject: value, sessionId: 's' })).subject).toBe(value)
    }
  })
})

describe('the console', () => {
  afterEach(() => vi.restoreAllMocks())
  const printedBy = (sink: EventSink): string[] => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    for (const [, , body] of rows) createEmit(sink, () => 0)(body)
    return warn.mock.calls.map(([line]) => JSON.parse(line).type)
  }
  const wrong = rows.filter(([severity]) => severity !== 'info').map(([, , { type }]) => type)

  test('hears in production what is wrong', () => {
    expect(printedBy(defaultSink(false))).toEqual(wrong)
  })
  test('hears in development as well why a request was turned away', () => {
    expect(printedBy(defaultSink(true)).sort()).toEqual([...wrong, 'request_rejected'].sort())
  })
  test('is written to where no sink was given', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const { auth } = await openScene({ onEvent: undefined })
    await outcomeOf(auth.authenticate('x'))
    expect(warn.mock.calls.map(([line]) => JSON.parse(line).type)).toEqual(['memory_store_in_production'])
  })
})

test('loggerSink: severity picks the method, which keeps its logger, and the type is the message', () => {
  const calls: unknown[] = []
  class PinoLike {
    readonly lines = calls
    info = this.log.bind(this, 'info')
    error = this.log.bind(this, 'error')
    log(level: string, fields: object, message: string) {
      this.lines.push([level, fields, message])
    }
    warn(fields: object, message: string) {
      this.lines.push(['warn', fields, message])
    }
  }
  const emit = createEmit(loggerSink(new PinoLike()), () => 7)
  for (const type of ['login', 'development_mode', 'reuse_detected'] as const) emit(KINDS[type][2])
  expect(calls).toEqual([
    ['info', { ...KINDS.login[2], id: EVENT_ID, at: 7, result: 'success' }, 'login'],
    ['warn', { type: 'development_mode', id: EVENT_ID, at: 7, result: 'unknown' }, 'development_mode'],
    ['error', { ...KINDS.reuse_detected[2], id: EVENT_ID, at: 7, result: 'failure' }, 'reuse_detected'],
  ])
})

describe('what a set-up is worth knowing is said once, at the first use', () => {
  test.each([
    { environment: 'production', type: 'memory_store_in_production' },
    { environment: 'development', type: 'development_mode' },
    { environment: 'test', type: 'development_mode' },
  ] as const)('$environment: $type', async ({ environment, type }) => {
    const { auth, events, pair } = await openScene({ environment })
    await auth.authenticate(pair.accessToken)
    await auth.refresh(pair.refreshToken)
    const said = events.filter((event) =>
      ['memory_store_in_production', 'development_mode'].includes(event.type),
    )
    expect(said.map((event) => event.type)).toEqual([type])
    expect(events[0]).toBe(said[0])
  })
})
