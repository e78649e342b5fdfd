import { fakeClock, type HttpUnderTest, modelStore } from '@auth/contracts'
import express from 'express'
// @ts-expect-error the alias has no types of its own
import express4 from 'express4'
import Koa from 'koa'
// @ts-expect-error the alias has no types of its own
import Koa2 from 'koa2'
import { beforeAll, describe, expect, test } from 'vitest'
import { contractApp as onExpress } from '../../express/test/contract-app.js'
import { inProcess, onNode } from '../../hono/test/contract-app.js'
import { contractApp as onKoa } from '../../koa/test/contract-app.js'
import { browserJar } from '../src/index.js'

const ADAPTERS: Record<string, HttpUnderTest['start']> = {
  'Express 5': onExpress(express),
  'Express 4': onExpress(express4 as typeof express),
  'Koa 3': onKoa(Koa),
  'Koa 2': onKoa(Koa2 as typeof Koa),
  'Hono on Node': onNode,
  'Hono in process': inProcess,
}

/** Headers that belong to the server or the framework: they say nothing of the session. */
const NOT_OURS = [
  'connection',
  'content-length',
  'date',
  'etag',
  'keep-alive',
  'transfer-encoding',
  'x-powered-by',
]

/** Answers that an application's framework gives, not the library; only status and our headers are compared. */
const FRAMEWORKS_OWN: Record<string, string> = {
  'GET /nowhere': 'each framework has a 404 page of its own',
  'GET /auth/jwks.json': 'without public keys there is no such endpoint',
  'GET /fault': 'the error page is the framework’s; status and Retry-After are the library’s',
}

interface Step {
  readonly method: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly advance?: number
  readonly down?: boolean
}

const JSON_TYPE = { 'content-type': 'application/json' }
const EVIL = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
const login = (body: object): Step => ({
  method: 'POST',
  path: '/login',
  headers: JSON_TYPE,
  body: JSON.stringify(body),
})

const STORY: readonly Step[] = [
  { method: 'GET', path: '/me' },
  { method: 'GET', path: '/maybe' },
  login({ subject: 'alice' }),
  { method: 'GET', path: '/me' },
  { method: 'POST', path: '/me' },
  { method: 'POST', path: '/me', headers: EVIL },
  { method: 'HEAD', path: '/me' },
  { method: 'GET', path: '/me', headers: { authorization: 'Bearer x.y.z' } },
  { method: 'GET', path: '/me', headers: { authorization: 'Basic YTpi' } },
  { method: 'GET', path: '/maybe' },
  { method: 'GET', path: '/recent', advance: 300 },
  { method: 'POST', path: '/auth/refresh', headers: EVIL },
  { method: 'POST', path: '/auth/refresh', headers: JSON_TYPE, body: '{' },
  { method: 'POST', path: '/auth/refresh', headers: JSON_TYPE, body: '{"refresh_token":"x"}' },
  { method: 'POST', path: '/auth/refresh' },
  { method: 'GET', path: '/auth/sessions' },
  { method: 'PUT', path: '/auth/sessions' },
  { method: 'DELETE', path: '/auth/sessions/nobody' },
  { method: 'POST', path: '/password' },
  { method: 'GET', path: '/strict', down: true },
  { method: 'POST', path: '/auth/refresh', down: true },
  { method: 'POST', path: '/auth/logout', down: true },
  { method: 'GET', path: '/fault', down: true },
  { method: 'GET', path: '/me', advance: 700 },
  { method: 'POST', path: '/auth/refresh' },
  { method: 'POST', path: '/auth/logout' },
  { method: 'GET', path: '/me' },
  { method: 'GET', path: '/nowhere' },
  login({ subject: 'bob', transport: 'bearer' }),
  login({ subject: '' }),
  login({ subject: 'carol', transport: 'pigeon' }),
  { method: 'POST', path: '/login', headers: { ...JSON_TYPE, ...EVIL }, body: '{"subject":"alice"}' },
]

/** Random texts replaced by what they are. */
const masked = (text: string): string =>
  text
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<jwt>')
    .replace(/rt1\.[\w.-]+/g, '<refresh token>')
    .replace(/[\w-]{11}\.[\w-]{22}/g, '<session id>')
    .replace(/"tokenId":"[^"]+"/g, '"tokenId":"<token id>"')
    .replace(/Host: [\w.:]+/g, 'Host: <host>')
    .replace(/path=\//g, 'Path=/')

const tell = async (start: HttpUnderTest['start']): Promise<object[]> => {
  const clock = fakeClock()
  const fault = { down: false }
  const store = new Proxy(modelStore(clock.now), {
    get: (target, name) =>
      fault.down && name !== 'volatile' && name !== 'onMarks'
        ? async () => Promise.reject(new Error('down'))
        : target[name as never],
  })
  const secret = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
  const claims = async () => ({ role: 'reader' })
  const server = await start({
    secret,
    environment: 'production',
    store,
    claims,
    now: clock.now,
    onEvent: () => undefined,
  })
  const jar = browserJar()
  const answers = []
  for (const { method, path, headers, body, advance = 0, down = false } of STORY) {
    clock.advance(advance)
    fault.down = down
    const url = `https://app.example.test${path}`
    const cookie = { cookie: await jar.cookies(url) }
    const response = await server.fetch(path, {
      method,
      headers: { ...cookie, ...headers },
      ...(body ? { body } : {}),
    })
    await jar.keep(url, response.headers.getSetCookie())
    const name = `${method} ${path}`
    const text = masked(await response.text())
    const ours = [...response.headers].filter(([header]) => !NOT_OURS.includes(header))
    const typed = ours.map(([header, value]) => [
      header,
      masked(value).replace(/application\/json; ?charset=utf-8/i, 'application/json'),
    ])
    const own = name in FRAMEWORKS_OWN || (path === '/login' && response.status >= 400)
    answers.push({ name, status: response.status, ...(own ? {} : { headers: typed.sort(), text }) })
  }
  await server.close()
  return answers
}

describe('all adapters answer alike', () => {
  let reference: object[]
  beforeAll(async () => {
    reference = await tell(ADAPTERS['Express 5'] as HttpUnderTest['start'])
  })

  test('the story meets every kind of answer', () => {
    const statuses = new Set(reference.map((answer) => (answer as { status: number }).status))
    for (const status of [200, 204, 400, 401, 403, 404, 405, 500, 503])
      expect([...statuses]).toContain(status)
  })

  test.each(Object.entries(ADAPTERS))('%s', async (_name, start) => {
    expect(await tell(start)).toEqual(reference)
  })
})
