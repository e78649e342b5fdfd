import { readFileSync } from 'node:fs'
import { type ErrorHandler, Hono } from 'hono'
import { type JwtVariables, jwt, sign as signJwt } from 'hono/jwt'
import { afterAll, expect, expectTypeOf, test } from 'vitest'
import { createAuth, isAuthError, memoryStore } from '../src/index.js'

/** Each row of docs/migration.md about hono/jwt: what the old option did, and that what stands beside it does it too. */
const page = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8')
const [, table = ''] = /^\| hono\/jwt \| here \|\n\|.*\n((?:\|.*\n)+)/m.exec(page) ?? []
const rows = [...table.matchAll(/^\| (.*?) \| /gm)].map(([, old]) => `${old}`)

const OLD_SECRET = 'b2xkIHNlY3JldCBvZiB0aGUgYXBwbGljYXRpb24tMQ'
const SECRET = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3600

const sign = (payload: object = {}) =>
  signJwt({ sub: 'alice', role: 'admin', exp: IN_AN_HOUR, ...payload }, OLD_SECRET, 'HS256')

const closing: (() => unknown)[] = []
afterAll(() => Promise.all(closing.map((close) => close())))

const errors: unknown[] = []
const onError: ErrorHandler = (error, c) => {
  errors.push(error)
  return 'getResponse' in error ? (error.getResponse as () => Response)() : c.text('failed', 500)
}

/** An application as it was; it answers what the middleware found. */
const oldApp = (options: object = {}) =>
  new Hono<{ Variables: JwtVariables<{ sub: string; role: string }> }>()
    .onError(onError)
    .get('/me', jwt({ secret: OLD_SECRET, alg: 'HS256', ...options }), (c) => {
      expectTypeOf(c.get('jwtPayload').role).toEqualTypeOf<string>()
      return c.json(c.get('jwtPayload'))
    })

const newApp = (options: object = {}) => {
  const auth = createAuth({
    secret: SECRET,
    environment: 'production',
    store: memoryStore(),
    claims: () => ({ role: 'admin' as const }),
    onEvent: () => undefined,
    ...options,
  })
  closing.push(auth.close)
  const app = new Hono().onError(onError).get('/me', auth.guard(), (c) => {
    expectTypeOf(c.var.auth.claims.role).toEqualTypeOf<'admin'>()
    return c.json(c.var.auth)
  })
  app.get('/fault', async (c) => c.json(await auth.refresh(c)))
  const login = () => auth.core.login({ subject: 'alice', transport: 'bearer' })
  return { auth, app, login }
}

type Requestable = { request(path: string, init: RequestInit): Response | Promise<Response> }

const ask = async (app: Requestable, token?: string, more: Record<string, string> = {}, path = '/me') => {
  const headers = { ...more, ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const response = await app.request(path, { headers })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

const TRIALS: Record<string, () => Promise<void>> = {
  '`sign(payload, secret)`': async () => {
    const { app, login } = newApp()
    const { accessToken, refreshToken } = await login()
    expect([(await ask(oldApp(), await sign())).status, (await ask(app, accessToken)).status]).toEqual([
      200, 200,
    ])
    expect(refreshToken).toMatch(/^rt1\./)
  },
  '`jwt({ secret, alg })`': async () => {
    const { app } = newApp()
    expect([(await ask(oldApp())).status, (await ask(app)).status]).toEqual([401, 401])
    expect((await ask(app, await sign())).status).toBe(401)
  },
  "`c.get('jwtPayload').sub`": async () => {
    const { app, login } = newApp()
    expect((await ask(oldApp(), await sign())).body).toMatchObject({ sub: 'alice', role: 'admin' })
    const { accessToken } = await login()
    expect((await ask(app, accessToken)).body).toMatchObject({ subject: 'alice', claims: { role: 'admin' } })
  },
  // The compiler has tried this one: see expectTypeOf in the two applications.
  '`JwtVariables`': async () => expect([oldApp(), newApp().app].length).toBe(2),
  '`cookie`': async () => {
    const old = await ask(oldApp({ cookie: 'token' }), undefined, { cookie: `token=${await sign()}` })
    const { app, auth } = newApp()
    const { accessToken } = await auth.core.login({ subject: 'alice' })
    const fresh = await ask(app, undefined, { cookie: `__Host-access_token=${accessToken}` })
    expect([old.status, fresh.status]).toEqual([200, 200])
  },
  '`headerName`': async () => {
    const own = oldApp({ headerName: 'x-token' })
    expect((await ask(own, undefined, { 'x-token': `Bearer ${await sign()}` })).status).toBe(200)
    const { app, login } = newApp()
    const { accessToken } = await login()
    expect((await ask(app, undefined, { 'x-token': `Bearer ${accessToken}` })).status).toBe(401)
    expect((await ask(app, accessToken)).status).toBe(200)
  },
  '`verification: { iss, aud }`': async () => {
    const old = oldApp({ verification: { iss: 'here', aud: 'api' } })
    expect((await ask(old, await sign({ iss: 'here', aud: 'api' }))).status).toBe(200)
    expect((await ask(old, await sign({ iss: 'here', aud: 'other' }))).status).toBe(401)
    const { app, login } = newApp({ issuer: 'here', audience: 'api' })
    const elsewhere = newApp({ issuer: 'here', audience: 'other' })
    expect((await ask(app, (await login()).accessToken)).status).toBe(200)
    expect((await ask(app, (await elsewhere.login()).accessToken)).status).toBe(401)
  },
  'a token without `exp`': async () => {
    expect((await ask(oldApp(), await signJwt({ sub: 'alice' }, OLD_SECRET, 'HS256'))).status).toBe(200)
    const endless = await signJwt({ sub: 'alice', iss: 'app', aud: 'app' }, SECRET, 'HS256')
    expect((await ask(newApp().app, endless)).status).toBe(401)
  },
  'an `HTTPException` in `onError`': async () => {
    errors.length = 0
    await ask(oldApp())
    expect(errors.map((error) => (error as Error).constructor.name)).toEqual(['HTTPException'])
    errors.length = 0
    const { app } = newApp()
    expect((await ask(app)).status).toBe(401)
    expect(errors).toEqual([])
    expect((await ask(app, undefined, {}, '/fault')).status).toBe(401)
    expect(errors.every((error) => isAuthError(error))).toBe(true)
  },
}

test.each(rows)('from hono/jwt: %s', (row) => {
  const trial = TRIALS[row]
  if (!trial) throw new Error(`nobody has tried the row ${row}`)
  return trial()
})

test('every trial is a row', () => {
  expect(Object.keys(TRIALS).sort()).toEqual([...rows].sort())
})
