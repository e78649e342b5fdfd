import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { ContractServer } from '@auth/contracts'
import { browserJar, serve } from '@auth/testkit'
import express from 'express'
// @ts-expect-error the alias has no types of its own
import express4 from 'express4'
import ts from 'typescript'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as ws from 'ws'
import * as authExpress from '../src/index.js'

/**
 * Runs the README. Each fenced block of code carries a name in a comment above it; the printed text of a recipe is
 * evaluated after the printed text of the first program, as a reader would have it, and driven over HTTP.
 */
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const tagged = [...readme.matchAll(/<!-- recipe: ([a-z0-9 -]+) -->\n```(js|ts)\n([\s\S]*?)```/g)]
const recipes = new Map(tagged.map(([, name, , text]) => [`${name}`, `${text}`]))
const tried = new Set<string>()

const textOf = (name: string): string => {
  tried.add(name)
  const text = recipes.get(name)
  if (!text) throw new Error(`the README has no recipe "${name}"`)
  return text
}

type Framework = typeof express
interface Program {
  readonly app: ReturnType<Framework>
  readonly auth: ReturnType<typeof authExpress.createAuth>
  readonly server: Server
  readonly users: Record<string, unknown>
  readonly [name: string]: unknown
}
interface Surroundings {
  readonly framework?: Framework
  readonly modules?: Record<string, object>
  /** Names that the recipe declares and the test wants. */
  readonly wanted?: readonly string[]
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<Program>

/** Imports as expressions: everything else of the text stays as it is printed. */
const withoutImports = (text: string): string =>
  text
    .replace(/^import (\w+) from ('[^']+')$/gm, 'const { default: $1 } = await load($2)')
    .replace(/^import (\{[^}]+\}) from ('[^']+')$/gm, 'const $1 = await load($2)')

const closing: (() => unknown)[] = []

/** The first program with a recipe after it; the recipe's own declarations win. */
const program = async (recipe = '', around: Surroundings = {}): Promise<Program> => {
  const { framework = express, modules = {}, wanted = [] } = around
  const load = async (name: string): Promise<object> => {
    const found = { express: { default: framework }, '@auth/express': authExpress, ...modules }[name]
    if (!found) throw new Error(`the README imports "${name}"`)
    return found
  }
  const names = ['app', 'auth', 'server', 'users', ...wanted].join(', ')
  const body = `${textOf('first program')}\n{\n${recipe}\nreturn { ${names} }\n}`
  const run = new AsyncFunction('load', withoutImports(body))
  const result = await run(load)
  closing.push(() => result.server.close(), result.auth.close)
  return result
}

/** Serves what the first program's routes are, on sessions made by the recipe's own `createAuth`. */
const withOptions = async (name: string): Promise<ContractServer> => {
  const { auth } = await program(textOf(name))
  const app = express()
  app.use(auth.endpoints())
  app.post('/login', express.json(), async (req, res) => {
    await auth.login(req, res, { subject: '1' })
    res.end()
  })
  app.all('/me', auth.guard(), (_req, res) => void res.json(res.locals.auth))
  return served(app)
}

const served = async (app: ReturnType<Framework>): Promise<ContractServer> => {
  const server = await serve((port, host, ready) => app.listen(port, host, ready))
  closing.push(server.close)
  return server
}

const SITE = 'https://www.example.com'
const OWN_PAGE = { 'sec-fetch-site': 'same-origin' }
const FORM = { email: 'demo@example.com', password: 'correct horse' }

/** A browser with cookies of its own before a server; its requests come from the server's own pages. */
const browser = (server: ContractServer) => {
  const jar = browserJar()
  const send = async (
    method: string,
    path: string,
    json?: object,
    headers: Record<string, string> = OWN_PAGE,
  ) => {
    const cookie = await jar.cookies(SITE + path)
    const all = {
      ...headers,
      ...(cookie ? { cookie } : {}),
      ...(json ? { 'content-type': 'application/json' } : {}),
    }
    const body = json ? { body: JSON.stringify(json) } : {}
    const response = await server.fetch(path, { method, headers: all, ...body })
    await jar.keep(SITE + path, response.headers.getSetCookie())
    return response
  }
  return { jar, send, login: (path = '/login', more = {}) => send('POST', path, { ...FORM, ...more }) }
}

/** The first program with a recipe, served, before a browser. */
const open = async (name: string, around?: Surroundings) => {
  const result = await program(textOf(name), around)
  const server = await served(result.app)
  return { ...result, page: browser(server), server, listening: result.server }
}

beforeEach(() => {
  vi.stubEnv('NODE_ENV', 'production')
  vi.stubEnv('SESSION_SECRET', 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5')
  vi.stubEnv('PORT', '0')
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockImplementation(() => undefined)
})
afterEach(async () => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  for (const close of closing.splice(0)) await close()
})
afterAll(() => expect([...recipes.keys()].filter((name) => !tried.has(name))).toEqual([]))

test('every printed program has a name', () => {
  expect(readme.match(/^```(js|ts)$/gm)?.length).toBe(recipes.size)
})

test.each(['development', 'production'])('the first program, in %s', async (environment) => {
  vi.stubEnv('NODE_ENV', environment)
  if (environment === 'development') vi.stubEnv('SESSION_SECRET', undefined)
  expect(textOf('first program').trimEnd().split('\n').length).toBeLessThanOrEqual(25)
  const page = browser(await served((await program()).app))
  expect((await page.login('/login', { password: 'wrong' })).status).toBe(401)
  expect((await page.send('GET', '/me')).status).toBe(401)
  expect(await (await page.login()).json()).toEqual({ hello: 'Demo' })
  const me = await (await page.send('GET', '/me')).json()
  expect(me).toMatchObject({ subject: '1', claims: { role: 'admin' } })
  expect((await page.send('POST', '/auth/refresh')).status).toBe(200)
  expect((await page.send('POST', '/auth/logout')).status).toBe(204)
  expect((await page.send('GET', '/me')).status).toBe(401)
})

test('protect a route', async () => {
  const { page } = await open('protect')
  for (const path of ['/orders', '/account/plan']) expect((await page.send('GET', path)).status).toBe(401)
  await page.login()
  expect(Object.keys(await (await page.send('GET', '/orders')).json())).toEqual([
    'subject',
    'sessionId',
    'claims',
    'expiresAt',
  ])
  expect(await (await page.send('GET', '/account/plan')).json()).toEqual({ plan: 'free', of: '1' })
})

test('check a role', async () => {
  const { page } = await open('role')
  await page.login()
  expect(await (await page.send('GET', '/admin')).json()).toEqual({ welcome: '1' })
  const { app, auth } = await program(textOf('role').replaceAll("hasRole('admin')", "hasRole('owner')"))
  const { accessToken } = await auth.core.login({ subject: '1', transport: 'bearer' })
  const headers = { authorization: `Bearer ${accessToken}` }
  expect((await (await served(app)).fetch('/admin', { headers })).status).toBe(403)
})

test('signed in or not', async () => {
  const { page, server, auth } = await open('optional')
  expect(await (await page.send('GET', '/home')).json()).toEqual({ hello: 'stranger' })
  await page.login()
  expect(await (await page.send('GET', '/home')).json()).toEqual({ hello: '1' })
  expect((await server.fetch('/home', { headers: { authorization: 'Bearer x' } })).status).toBe(401)
  await auth.revoke({ subject: '1' })
  expect(await (await page.send('GET', '/home')).json()).toEqual({ hello: 'stranger' })
})

test('ask for a recent login', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { page } = await open('recent')
  await page.login()
  expect((await page.send('POST', '/delete-account')).status).toBe(204)
  vi.setSystemTime(Date.now() + 361_000)
  await page.send('POST', '/auth/refresh')
  const refused = await page.send('POST', '/delete-account')
  expect([refused.status, await refused.json()]).toEqual([401, { error: 'insufficient_authentication' }])
  expect((await page.send('GET', '/me')).status).toBe(200)
})

test('remember me, and mobile apps', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { page, server } = await open('login')
  const tokenCookies = async (more: object) =>
    (await page.login('/sign-in', more)).headers.getSetCookie().filter((line) => line.includes('_token='))
  expect((await tokenCookies({ remember: true })).every((line) => /Max-Age=\d/.test(line))).toBe(true)
  expect((await tokenCookies({})).some((line) => /Max-Age/.test(line))).toBe(false)
  const app = browser(server)
  const login = await app.login('/sign-in', { app: true })
  const { access_token, refresh_token, ...rest } = await login.json()
  expect([rest, login.headers.getSetCookie()]).toEqual([
    { hello: 'Demo', token_type: 'Bearer', expires_in: 600, refresh_expires_in: 1_210_230 },
    [],
  ])
  const headers = { authorization: `Bearer ${access_token}` }
  expect((await server.fetch('/me', { headers })).status).toBe(200)
  const refreshed = await app.send('POST', '/auth/refresh', { refresh_token })
  expect(Object.keys(await refreshed.json())).toEqual([
    'access_token',
    'token_type',
    'expires_in',
    'refresh_token',
    'refresh_expires_in',
  ])
  expect((await page.login('/sign-in', { password: 'wrong' })).status).toBe(401)
})

test('log out', async () => {
  const { page } = await open('logout')
  await page.login()
  expect((await page.send('POST', '/goodbye')).status).toBe(303)
  expect(await page.jar.cookies(`${SITE}/auth/refresh`)).toBe('')
  expect((await page.send('GET', '/me')).status).toBe(401)
})

test('log out everywhere', async () => {
  const { page, server, users } = await open('revoke')
  const admin = browser(server)
  await page.login()
  await admin.login()
  expect((await admin.send('POST', '/users/1/lock')).status).toBe(204)
  expect((await page.send('GET', '/me')).status).toBe(401)
  expect((await page.send('POST', '/auth/refresh')).status).toBe(401)
  users.byId = async () => null
  expect((await page.login()).status).toBe(403)
})

test('change of password', async () => {
  const { page, server, users } = await open('password')
  users.changePassword = async (_subject: string, { current }: { current: string }) => current === 'right'
  const elsewhere = browser(server)
  await page.login()
  await elsewhere.login()
  expect((await page.send('POST', '/password', { current: 'wrong' })).status).toBe(403)
  expect((await page.send('POST', '/password', { current: 'right' })).status).toBe(204)
  expect((await page.send('GET', '/me')).status).toBe(200)
  expect((await page.send('POST', '/auth/refresh')).status).toBe(200)
  expect((await elsewhere.send('GET', '/me')).status).toBe(401)
})

test('list of devices', async () => {
  const { page, server } = await open('devices')
  await browser(server).login()
  await page.send('POST', '/login', FORM, { ...OWN_PAGE, 'user-agent': 'A browser' })
  const devices: { current: boolean; device?: string }[] = await (await page.send('GET', '/devices')).json()
  expect(devices.map(({ current }) => current).sort()).toEqual([false, true])
  expect(devices.find(({ current }) => current)?.device).toBe('A browser')
})

test('WebSocket', async () => {
  const { page, listening, auth } = await open('websocket', { modules: { ws } })
  await page.login()
  const cookie = await page.jar.cookies(`${SITE}/`)
  const { port } = listening.address() as AddressInfo
  /** What became of a connection: how it was refused, or how it was closed once it was open. */
  const connect = (headers: Record<string, string>) => {
    const socket = new ws.WebSocket(`ws://127.0.0.1:${port}/`, { headers })
    const opened = new Promise<number | 'open'>((resolve) => {
      socket.on('open', () => resolve('open'))
      socket.on('unexpected-response', (_request, { statusCode }) => resolve(Number(statusCode)))
      socket.on('error', () => undefined)
    })
    const closed = new Promise<[number, string]>((resolve) => {
      socket.on('close', (code, reason) => resolve([code, reason.toString()]))
    })
    return { opened, closed }
  }
  const own = connect({ cookie, ...OWN_PAGE })
  expect(await own.opened).toBe('open')
  expect(await connect({ cookie, origin: 'https://evil.example' }).opened).toBe(403)
  expect(await connect({}).opened).toBe(401)
  await auth.revoke({ subject: '1' })
  expect(await own.closed).toEqual([4001, 'revoked'])
})

test('answer errors as JSON', async () => {
  const { page, users } = await open('errors')
  users.byId = async () => null
  const refused = await page.login()
  expect([refused.status, await refused.json()]).toEqual([403, { error: 'subject_disabled' }])
  users.byId = async () => {
    throw new Error('table locked')
  }
  const fault = await page.login()
  expect([fault.status, fault.headers.get('retry-after'), await fault.json()]).toEqual([
    503,
    '1',
    { error: 'claims_unavailable' },
  ])
})

test('Express 4', async () => {
  const { page, users } = await open('express 4', { framework: express4 as Framework })
  expect(await (await page.login('/login4')).json()).toEqual({ hello: 'Demo' })
  expect((await page.send('GET', '/me')).status).toBe(200)
  users.byId = async () => null
  expect((await page.login('/login4')).status).toBe(403)
})

test('tokens for your own tests', async () => {
  const { response } = await program(textOf('tests'), { wanted: ['response'] })
  expect((response as Response).status).toBe(200)
})

test('subdomains', async () => {
  const before = await served((await program()).app)
  const page = browser(before)
  await page.login()
  const after = await withOptions('subdomains')
  const cookie = await page.jar.cookies(`${SITE}/login`)
  const answer = await after.fetch('/login', { method: 'POST', headers: { ...OWN_PAGE, cookie } })
  await page.jar.keep(`${SITE}/login`, answer.headers.getSetCookie())
  const names = (await page.jar.cookies(`${SITE}/auth/refresh`)).split('; ').map((pair) => pair.split('=')[0])
  expect(names.sort()).toEqual(['__Secure-access_token', '__Secure-refresh_token'])
  const elsewhere = await page.jar.cookies('https://app.example.com/auth/refresh')
  expect(elsewhere).not.toBe('')
  const headers = { cookie: elsewhere, origin: 'https://app.example.com', 'sec-fetch-site': 'same-site' }
  expect((await after.fetch('/auth/refresh', { method: 'POST', headers })).status).toBe(200)
})

test("another site's page", async () => {
  const server = await withOptions('cross-site')
  const shop = { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' }
  const login = await server.fetch('/login', { method: 'POST', headers: shop })
  const lines = login.headers.getSetCookie()
  expect(lines.every((line) => /SameSite=None/.test(line) && /Partitioned/.test(line))).toBe(true)
  const cookie = lines.map((line) => line.split(';')[0]).join('; ')
  expect((await server.fetch('/me', { method: 'POST', headers: { ...shop, cookie } })).status).toBe(200)
  const evil = { origin: 'https://evil.example', cookie }
  expect((await server.fetch('/me', { method: 'POST', headers: evil })).status).toBe(403)
})

test('the way back from Google', async () => {
  const { page, users } = await open('google')
  users.byGoogleCode = async ({ code }: { code?: string }) => (code === 'good' ? { id: '1' } : null)
  const fromGoogle = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  const failed = await page.send('GET', '/login/google/callback?code=bad', undefined, fromGoogle)
  expect(failed.headers.get('location')).toBe('/login?failed')
  await page.send('GET', '/login/google/callback?code=good', undefined, fromGoogle)
  expect((await page.send('GET', '/me')).status).toBe(200)
  const posted = await page.send('POST', '/login', FORM, {
    origin: 'https://appleid.example',
    'sec-fetch-site': 'cross-site',
  })
  expect(posted.status).toBe(403)
})

test('server-rendered pages', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { app, auth } = await program(textOf('pages'))
  app.post('/silent-login', async (req, res) => {
    await auth.login(req, res, { subject: '1' })
    res.end()
  })
  const page = browser(await served(app))
  const load = () => page.send('GET', '/dashboard', undefined, { 'sec-fetch-mode': 'navigate' })
  expect((await load()).headers.get('location')).toBe('/login')
  await page.send('POST', '/silent-login')
  expect(await (await load()).text()).toBe('<h1>Hello 1</h1>')
  vi.setSystemTime(Date.now() + 661_000)
  const renewed = await load()
  expect([renewed.status, renewed.headers.getSetCookie().length]).toEqual([200, 2])
  await auth.revoke({ subject: '1' })
  expect((await load()).headers.get('location')).toBe('/login')
})

test('TypeScript', () => {
  const name = fileURLToPath(new URL('./recipe.ts', import.meta.url))
  const config = ts.getParsedCommandLineOfConfigFile(
    fileURLToPath(new URL('./tsconfig.json', import.meta.url)),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )
  if (!config) throw new Error('the tests have no tsconfig.json')
  const errorsOf = (text: string): string[] => {
    const host = ts.createCompilerHost(config.options)
    const { fileExists, readFile, getSourceFile } = host
    host.fileExists = (file) => file === name || fileExists.call(host, file)
    host.readFile = (file) => (file === name ? text : readFile.call(host, file))
    host.getSourceFile = (file, target) =>
      file === name ? ts.createSourceFile(file, text, target) : getSourceFile.call(host, file, target)
    const whole = ts.createProgram([name], config.options, host)
    return ts
      .getPreEmitDiagnostics(whole, whole.getSourceFile(name))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
  }
  const text = textOf('typescript')
  expect(errorsOf(text)).toEqual([])
  expect(errorsOf(text.replaceAll('claims.role', 'claims.rolle')).length).toBe(2)
}, 120_000)
