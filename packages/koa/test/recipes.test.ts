import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa from 'koa'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as ws from 'ws'
import * as authKoa from '../src/index.js'

/**
 * Runs the README: the printed text of a recipe after the printed text of the first program, as a reader would have it,
 * driven over HTTP. The TypeScript recipe is compiled by `scripts/install`.
 */
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const recipes = new Map(
  [...readme.matchAll(/<!-- recipe: ([a-z0-9 -]+) -->\n```js\n([\s\S]*?)```/g)].map(([, name, text]) => [
    `${name}`,
    `${text}`,
  ]),
)

interface Program {
  readonly app: Koa
  readonly server: Server
  readonly auth: ReturnType<typeof authKoa.createAuth>
  readonly users: Record<string, unknown>
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...args: string[]
) => (load: (name: string) => object) => Promise<Program>

const MODULES: Record<string, object> = {
  'node:stream/consumers': { json },
  '@auth/koa': authKoa,
  '@koa/bodyparser': { bodyParser },
  '@koa/router': { default: Router },
  koa: { default: Koa },
}

const withoutImports = (text: string): string =>
  text
    .replace(/^import (\w+) from ('[^']+')$/gm, 'const { default: $1 } = load($2)')
    .replace(/^import (\{[^}]+\}) from ('[^']+')$/gm, 'const $1 = load($2)')

const closing: (() => unknown)[] = []
const tried = new Set<string>(['first program'])

/** The first program with a recipe after it; the recipe's own declarations win. */
const open = async (recipe = '', modules: Record<string, object> = {}) => {
  tried.add(recipe)
  const text = recipe ? recipes.get(recipe) : ''
  if (text === undefined) throw new Error(`the README has no recipe "${recipe}"`)
  const body = `${recipes.get('first program')}\n{\n${text}\nreturn { app, server, auth, users }\n}`
  const load = (name: string): object => {
    const found = { ...MODULES, ...modules }[name]
    if (!found) throw new Error(`the README imports "${name}"`)
    return found
  }
  const program = await new AsyncFunction('load', withoutImports(body))(load)
  program.app.silent = true
  const served = program.app.listen(0, '127.0.0.1')
  closing.push(
    () => served.close(),
    () => program.server.close(),
    program.auth.close,
  )
  await Promise.all(
    [served, program.server].filter(({ listening }) => !listening).map((one) => once(one, 'listening')),
  )
  const base = `http://127.0.0.1:${(served.address() as AddressInfo).port}`
  return { ...program, base, visitor: () => visitorOf(base) }
}

const FORM = { email: 'demo@example.com', password: 'correct horse' }

const visitorOf = (base: string) => {
  const cookies = new Map<string, string>()
  const send = async (method: string, path: string, form?: object) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) }
    const body = form ? { body: JSON.stringify(form) } : {}
    const response = await fetch(base + path, { method, headers, ...body })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]?.split('=') ?? []
      cookies.set(name, value)
    }
    return response
  }
  return { send, login: (path = '/login', more = {}) => send('POST', path, { ...FORM, ...more }) }
}

beforeEach(() => {
  vi.stubEnv('NODE_ENV', 'production')
  vi.stubEnv('SESSION_SECRET', 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5')
  vi.stubEnv('PORT', '0')
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test('the first program', async () => {
  const { visitor } = await open()
  const page = visitor()
  expect((await page.send('GET', '/me')).status).toBe(401)
  expect((await page.login('/login', { password: 'wrong' })).status).toBe(401)
  expect(await (await page.login()).json()).toEqual({ hello: 'Demo' })
  expect(await (await page.send('GET', '/me')).json()).toMatchObject({
    subject: '1',
    claims: { role: 'admin' },
  })
  expect((await page.send('POST', '/auth/refresh')).status).toBe(200)
  expect((await page.send('POST', '/auth/logout')).status).toBe(204)
  expect((await page.send('GET', '/me')).status).toBe(401)
})

test('the first program has fewer than 25 lines', () => {
  const lines = recipes
    .get('first program')
    ?.split('\n')
    .filter((line) => line.trim() !== '')
  expect(lines?.length).toBeLessThan(25)
})

test('protect routes', async () => {
  const { visitor } = await open('protect')
  const page = visitor()
  expect(await (await page.send('GET', '/home')).json()).toEqual({ hello: 'stranger' })
  await page.login()
  expect(Object.keys(await (await page.send('GET', '/orders')).json())).toContain('expiresAt')
  expect(await (await page.send('GET', '/admin')).json()).toEqual({ welcome: '1' })
  expect(await (await page.send('GET', '/home')).json()).toEqual({ hello: '1' })
})

test('bodies', async () => {
  const { visitor, base } = await open('bodies')
  const page = visitor()
  const remembered = await page.login('/sign-in', { remember: true })
  expect(remembered.headers.getSetCookie().every((line) => /Max-Age=\d/.test(line))).toBe(true)
  const { access_token } = await (await visitor().login('/sign-in', { app: true })).json()
  const headers = { authorization: `Bearer ${access_token}` }
  expect((await fetch(`${base}/me`, { headers })).status).toBe(200)
  expect((await page.login('/sign-in', { padding: 'x'.repeat(9000) })).status).toBe(413)
})

test('change of password', async () => {
  const { visitor, users } = await open('password')
  users.changePassword = async (_subject: string, { current }: { current: string }) => current === 'right'
  const [page, elsewhere] = [visitor(), visitor()]
  await page.login()
  await elsewhere.login()
  expect((await page.send('POST', '/password', { current: 'wrong' })).status).toBe(403)
  expect((await page.send('POST', '/password', { current: 'right' })).status).toBe(204)
  expect((await page.send('GET', '/me')).status).toBe(200)
  expect((await elsewhere.send('GET', '/me')).status).toBe(401)
})

test('errors, by Koa itself and as JSON', async () => {
  const plain = await open()
  plain.users.byId = async () => null
  const text = await plain.visitor().login()
  expect([text.status, await text.text()]).toEqual([403, 'Forbidden'])
  const { visitor, users } = await open('errors')
  users.byId = async () => {
    throw new Error('table locked')
  }
  const fault = await visitor().login()
  expect([fault.status, fault.headers.get('retry-after'), await fault.json()]).toEqual([
    503,
    '1',
    { error: 'claims_unavailable' },
  ])
})

test('WebSocket', async () => {
  const { visitor, server, auth } = await open('websocket', { ws })
  const page = visitor()
  const login = await page.login()
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const connect = (headers: Record<string, string>) => {
    const socket = new ws.WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, { headers })
    const opened = new Promise<number | 'open'>((resolve) => {
      socket.on('open', () => resolve('open'))
      socket.on('unexpected-response', (_request, { statusCode }) => resolve(Number(statusCode)))
      socket.on('error', () => undefined)
    })
    const closed = new Promise<number>((resolve) => socket.on('close', resolve))
    return { opened, closed }
  }
  const own = connect({ cookie, 'sec-fetch-site': 'same-origin' })
  expect(await own.opened).toBe('open')
  expect(await connect({ cookie, origin: 'https://evil.example' }).opened).toBe(403)
  expect(await connect({}).opened).toBe(401)
  await auth.revoke({ subject: '1' })
  expect(await own.closed).toBe(4001)
})

test('every recipe is tried', () => {
  expect([...recipes.keys()].filter((name) => !tried.has(name))).toEqual([])
})
