import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ContractServer } from '@auth/contracts'
import { serve } from '@auth/testkit'
import Koa, { type Context, type Middleware } from 'koa'
import jwt from 'koa-jwt'
import { afterAll, expect, test } from 'vitest'
import { createAuth, memoryStore } from '../src/index.js'

/** Each row of docs/migration.md about koa-jwt: what the old option did, and that what stands beside it does it too. */
const page = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8')
const [, table = ''] = /^\| koa-jwt \| here \|\n\|.*\n((?:\|.*\n)+)/m.exec(page) ?? []
const rows = [...table.matchAll(/^\| (.*?) \| /gm)].map(([, old]) => `${old}`)

const OLD_SECRET = 'b2xkIHNlY3JldCBvZiB0aGUgYXBwbGljYXRpb24tMQ'
const SECRET = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** As jsonwebtoken signs. */
const sign = (payload: object = {}, secret = OLD_SECRET) => {
  const text = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64({ sub: 'alice', role: 'admin', ...payload })}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

const closing: (() => unknown)[] = []
afterAll(() => Promise.all(closing.map((close) => close())))

const served = async (...middleware: Middleware[]): Promise<ContractServer> => {
  const app = new Koa()
  app.silent = true
  for (const each of middleware) app.use(each)
  const server = await serve((port, host, ready) => app.listen(port, host, ready))
  closing.push(server.close)
  return server
}

/** An application as it was; it answers what the middleware found. */
const oldApp = (options: object = {}) =>
  served(jwt({ secret: OLD_SECRET, ...options }), (ctx) => {
    const { auth, user, raw } = ctx.state
    ctx.body = { found: auth ?? user ?? null, raw }
  })

const newApp = async (options: object = {}, guard: object = {}) => {
  const auth = createAuth({
    secret: SECRET,
    environment: 'production',
    store: memoryStore(),
    claims: () => ({ role: 'admin' }),
    onEvent: () => undefined,
    ...options,
  })
  closing.push(auth.close)
  const server = await served(auth.guard(guard), (ctx) => {
    ctx.body = { found: ctx.state.auth }
  })
  const token = async () => (await auth.core.login({ subject: 'alice', transport: 'bearer' })).accessToken
  return { auth, server, token }
}

const ask = async (server: ContractServer, token?: string, more: Record<string, string> = {}) => {
  const headers = { ...more, ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const response = await server.fetch('/me', { headers })
  const text = await response.text()
  return {
    status: response.status,
    text,
    found: text.startsWith('{') ? JSON.parse(text).found : undefined,
    headers: response.headers,
  }
}

const TRIALS: Record<string, () => Promise<void>> = {
  '`jwt({ secret })`': async () => {
    const { server, token } = await newApp()
    const old = await oldApp()
    expect([(await ask(old)).status, (await ask(server)).status]).toEqual([401, 401])
    expect([(await ask(old, sign())).status, (await ask(server, await token())).status]).toEqual([200, 200])
    expect((await ask(server, sign())).status).toBe(401)
  },
  '`ctx.state.user.sub`': async () => {
    expect((await ask(await oldApp(), sign())).found).toMatchObject({ sub: 'alice', role: 'admin' })
    const { server, token } = await newApp()
    expect((await ask(server, await token())).found).toMatchObject({
      subject: 'alice',
      claims: { role: 'admin' },
    })
  },
  '`key`': async () => {
    expect((await ask(await oldApp({ key: 'auth' }), sign())).found.sub).toBe('alice')
    const { server, token } = await newApp()
    expect((await ask(server, await token())).found.subject).toBe('alice')
  },
  '`secret: [new, old]`': async () => {
    expect((await ask(await oldApp({ secret: [SECRET, OLD_SECRET] }), sign())).status).toBe(200)
    const store = memoryStore()
    const before = await newApp({ secret: OLD_SECRET, store })
    const after = await newApp({ secret: [SECRET, OLD_SECRET], store })
    expect((await ask(after.server, await before.token())).status).toBe(200)
  },
  '`passthrough: true`': async () => {
    const old = await oldApp({ passthrough: true })
    const { server } = await newApp({}, { optional: true })
    for (const app of [old, server]) expect(await ask(app)).toMatchObject({ status: 200, found: null })
    expect([(await ask(old, 'a.bad.token')).status, (await ask(server, 'a.bad.token')).status]).toEqual([
      200, 401,
    ])
  },
  '`cookie`': async () => {
    expect(
      (await ask(await oldApp({ cookie: 'token' }), undefined, { cookie: `token=${sign()}` })).status,
    ).toBe(200)
    const { server, auth } = await newApp()
    const { accessToken } = await auth.core.login({ subject: 'alice' })
    const cookie = `__Host-access_token=${accessToken}`
    expect((await ask(server, undefined, { cookie })).status).toBe(200)
  },
  '`audience`, `issuer`': async () => {
    const wanted = { audience: 'api', issuer: 'here' }
    const old = await oldApp(wanted)
    expect((await ask(old, sign({ aud: 'api', iss: 'here' }))).status).toBe(200)
    expect((await ask(old, sign({ aud: 'other', iss: 'here' }))).status).toBe(401)
    const { server, token } = await newApp(wanted)
    const elsewhere = await newApp({ ...wanted, audience: 'other' })
    expect((await ask(server, await token())).status).toBe(200)
    expect((await ask(server, await elsewhere.token())).status).toBe(401)
  },
  '`isRevoked`': async () => {
    const isRevoked = async (_ctx: Context, decoded: { sub: string }) => decoded.sub === 'alice'
    expect((await ask(await oldApp({ isRevoked }), sign())).status).toBe(401)
    const { server, token, auth } = await newApp()
    const accessToken = await token()
    await auth.revoke({ subject: 'alice' })
    expect((await ask(server, accessToken)).status).toBe(401)
  },
  '`tokenKey`': async () => {
    expect((await ask(await oldApp({ tokenKey: 'raw' }), sign())).text).toContain(sign())
    const { server, token } = await newApp()
    const accessToken = await token()
    expect((await ask(server, accessToken)).text).not.toContain(accessToken)
  },
  '`.unless({ path })`': async () => {
    const { auth } = await newApp()
    const open: Middleware = (ctx, next) =>
      ctx.path === '/health' ? Object.assign(ctx, { body: 'ok' }) : next()
    const old = await served(jwt({ secret: OLD_SECRET }).unless({ path: ['/health'] }), open)
    const fresh = await served(open, auth.guard())
    for (const app of [old, fresh]) {
      expect([(await app.fetch('/health')).status, (await app.fetch('/me')).status]).toEqual([200, 401])
    }
  },
  'a 401 as text, thrown': async () => {
    expect(await ask(await oldApp())).toMatchObject({ status: 401, text: 'Authentication Error' })
    const refused = await ask((await newApp()).server)
    expect(JSON.parse(refused.text)).toEqual({ error: expect.any(String) })
    expect(refused.headers.get('www-authenticate')).toContain('Bearer')
  },
}

test.each(rows)('from koa-jwt: %s', (row) => {
  const trial = TRIALS[row]
  if (!trial) throw new Error(`nobody has tried the row ${row}`)
  return trial()
})

test('every trial is a row', () => {
  expect(Object.keys(TRIALS).sort()).toEqual([...rows].sort())
})
