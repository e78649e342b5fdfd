import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '@auth/testkit'
import * as nodeServer from '@hono/node-server'
import * as hono from 'hono'
import * as bodyLimit from 'hono/body-limit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as ws from 'ws'
import * as authHono from '../src/index.js'

/**
 * Runs the README: the printed text of a recipe after the printed text of the first program, as a reader would have it,
 * driven over HTTP. The TypeScript recipe is compiled by `scripts/install`.
 */
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/<!-- recipe: ([a-z0-9 -]+) -->\n```js\n([\s\S]*?)```/g)]
const recipes = new Map(blocks.map(([, name, text]) => [`${name}`, `${text}`]))

interface Program {
  readonly app: hono.Hono
  readonly servers: readonly Server[]
  readonly auth: ReturnType<typeof authHono.createAuth>
  readonly users: Record<string, unknown>
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...args: string[]
) => (load: (name: string) => object, more?: unknown) => Promise<Program>

const MODULES: Record<string, object> = {
  '@auth/hono': authHono,
  '@hono/node-server': nodeServer,
  hono,
  'hono/body-limit': bodyLimit,
  ws,
}

const load = (name: string): object => {
  const found = MODULES[name]
  if (!found) throw new Error(`the README imports "${name}"`)
  return found
}

const withoutImports = (text: string): string =>
  text.replace(/^import (\{[^}]+\}) from ('[^']+')$/gm, 'const $1 = load($2)')

const closing: (() => unknown)[] = []
const tried = new Set<string>(['first program'])

const textOf = (name: string): string => {
  tried.add(name)
  const text = recipes.get(name)
  if (!text) throw new Error(`the README has no recipe "${name}"`)
  return text
}

/** The first program with a recipe after it; the recipe's own declarations win. */
const open = async (recipe?: string) => {
  const text = recipe ? textOf(recipe) : ''
  const body = `${textOf('first program')}\nconst outer = server\n{\n${text}\n
    return { app, auth, users, servers: [outer, server] }\n}`
  const program = await new AsyncFunction('load', withoutImports(body))(load)
  const servers = [...new Set(program.servers)]
  closing.push(
    () => servers.map((server) => [server.close(), server.closeAllConnections()]),
    program.auth.close,
  )
  await Promise.all(servers.filter(({ listening }) => !listening).map((server) => once(server, 'listening')))
  const [served] = servers.slice(-1) as [Server]
  const { port } = served.address() as AddressInfo
  return {
    ...program,
    base: `http://127.0.0.1:${port}`,
    visitor: () => visitorOf(`http://127.0.0.1:${port}`),
  }
}

const FORM = { email: 'demo@example.com', password: 'correct horse' }

const visitorOf = (base: string) => {
  const cookies = new Map<string, string>()
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const send = async (method: string, path: string, form?: object) => {
    const headers = { 'content-type': 'application/json', ...(cookies.size > 0 ? { cookie: cookie() } : {}) }
    const body = form ? { body: JSON.stringify(form) } : {}
    const response = await fetch(base + path, { method, headers, ...body })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]?.split('=') ?? []
      cookies.set(name, value)
    }
    return response
  }
  return { cookie, send, login: (path = '/login', more = {}) => send('POST', path, { ...FORM, ...more }) }
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
  const lines = textOf('first program')
    .split('\n')
    .filter((line) => line.trim() !== '')
  expect(lines.length).toBeLessThan(25)
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

test.each([undefined, 'errors'])('errors, with the handler %s', async (recipe) => {
  const { visitor, users } = await open(recipe)
  users.byId = async () => null
  const refused = await visitor().login()
  expect([refused.status, await refused.json()]).toEqual([403, { error: 'subject_disabled' }])
  users.byId = async () => {
    throw new Error('table locked')
  }
  const fault = await visitor().login()
  expect([fault.status, fault.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await fault.json()).toEqual({ error: 'claims_unavailable' })
})

test('WebSocket', async () => {
  const { visitor, base, auth } = await open('websocket')
  const page = visitor()
  const closed: unknown[] = []
  await page.login()
  const connect = (headers: Record<string, string>) =>
    new Promise<unknown>((resolve, reject) => {
      const socket = new ws.WebSocket(`${base.replace('http', 'ws')}/live`, { headers })
      closing.push(() => socket.terminate())
      socket.on('message', (data) => resolve(String(data)))
      socket.on('close', (code, reason) => closed.push([code, String(reason)]))
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('error', reject)
    })
  expect(await connect({ cookie: page.cookie(), 'sec-fetch-site': 'same-origin' })).toBe('hello 1')
  expect(await connect({ cookie: page.cookie(), origin: 'https://evil.example' })).toBe(403)
  expect(await connect({})).toBe(401)
  expect(closed).toEqual([])
  await auth.revoke({ subject: '1' })
  await eventually(() => closed.length > 0)
  expect(closed).toEqual([[4001, 'revoked']])
})

test('Workers', async () => {
  const body = `${withoutImports(textOf('workers')).replace('export default app', 'return { app }')}`
  const openStore = () => authHono.memoryStore()
  const { app } = await new AsyncFunction('load', 'openStore', body)(load, openStore)
  const env = { SESSION_SECRET: process.env.SESSION_SECRET }
  expect((await app.request('/me', {}, env)).status).toBe(401)
  expect((await app.request('/auth/logout', { method: 'POST' }, env)).status).toBe(204)
})

test('every recipe is tried', () => {
  expect([...recipes.keys()].filter((name) => !tried.has(name))).toEqual([])
})
