import { readFileSync } from 'node:fs'
import type express from 'express'
import { expressjwt } from 'express-jwt'
import { afterAll, describe, expect, test } from 'vitest'
import { isAuthError, memoryStore } from '../src/index.js'
import { ALICE, ask, closeAll, newApp, OLD_SECRET, oldApp, SECRET, served, sign } from './migration-scene.js'

/** Each row of docs/migration.md about express-jwt: what the old option did, and that what stands beside it does it too. */
const page = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8')
const [, table = ''] = /^\| express-jwt \| here \|\n\|.*\n((?:\|.*\n)+)/m.exec(page) ?? []
const rows = [...table.matchAll(/^\| (.*?) \| /gm)].map(([, old]) => `${old}`)

/** The status that each of the two answers. */
const both = async (
  old: readonly [object, string | undefined],
  now: readonly [object, (login: string) => string | undefined],
) => {
  const fresh = await newApp(now[0])
  const token = now[1]((await fresh.login()).accessToken)
  return [(await ask(await oldApp(old[0]), old[1])).status, (await ask(fresh.server, token)).status]
}

const same = (token: string) => token

const TRIALS: Record<string, () => Promise<void>> = {
  '`jwt.sign({ sub, role }, secret)`': async () => {
    const { login, server } = await newApp()
    const { accessToken, refreshToken } = await login()
    expect([
      (await ask(await oldApp({}), sign(ALICE))).status,
      (await ask(server, accessToken)).status,
    ]).toEqual([200, 200])
    expect(refreshToken).toMatch(/^rt1\./)
  },
  '`expressjwt({ secret, algorithms })`': async () => {
    expect(await both([{}, undefined], [{}, () => undefined])).toEqual([401, 401])
    const unsigned = `${sign(ALICE, OLD_SECRET, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`
    expect(await both([{}, unsigned], [{}, () => unsigned])).toEqual([401, 401])
  },
  '`req.auth.sub`, `req.auth.role`': async () => {
    const { login, server } = await newApp()
    expect((await ask(await oldApp({}), sign(ALICE))).body).toMatchObject(ALICE)
    expect((await ask(server, (await login()).accessToken)).body).toMatchObject({
      subject: 'alice',
      claims: { role: 'admin' },
    })
  },
  '`requestProperty`': async () => {
    expect((await ask(await oldApp({ requestProperty: 'user' }, 'user'), sign(ALICE))).body.sub).toBe('alice')
    const { login, server } = await newApp()
    expect((await ask(server, (await login()).accessToken)).body.subject).toBe('alice')
  },
  '`audience`, `issuer`': async () => {
    const wanted = { audience: 'api', issuer: 'here' }
    expect(await both([wanted, sign({ ...ALICE, aud: 'api', iss: 'here' })], [wanted, same])).toEqual([
      200, 200,
    ])
    const elsewhere = await newApp({ audience: 'other', issuer: 'here' })
    const foreign = (await elsewhere.login()).accessToken
    expect(await both([wanted, sign({ ...ALICE, aud: 'other' })], [wanted, () => foreign])).toEqual([
      401, 401,
    ])
  },
  '`clockTolerance`': async () => {
    const exp = Math.floor(Date.now() / 1000) - 20
    expect((await ask(await oldApp({ clockTolerance: 30 }), sign({ ...ALICE, exp }))).status).toBe(200)
    expect((await ask(await oldApp({ clockTolerance: 10 }), sign({ ...ALICE, exp }))).status).toBe(401)
    for (const [leeway, status] of [
      [30, 200],
      [10, 401],
    ] as const) {
      const { login, server, clock } = await newApp({ leeway })
      const { accessToken, expiresIn } = await login()
      clock.ahead = expiresIn + 20
      expect((await ask(server, accessToken)).status).toBe(status)
    }
  },
  '`maxAge`': async () => {
    const iat = Math.floor(Date.now() / 1000) - 200
    expect((await ask(await oldApp({ maxAge: '100s' }), sign({ ...ALICE, iat }))).status).toBe(401)
    const { login, server, clock } = await newApp({ accessTtl: 100 })
    const { accessToken } = await login()
    clock.ahead = 200
    expect((await ask(server, accessToken)).status).toBe(401)
  },
  '`ignoreExpiration`': async () => {
    expect((await ask(await oldApp({ ignoreExpiration: true }), sign({ ...ALICE, exp: 1000 }))).status).toBe(
      200,
    )
    const { login, server, clock, auth } = await newApp()
    const { accessToken, refreshToken } = await login()
    clock.ahead = 3600
    expect((await ask(server, accessToken)).status).toBe(401)
    expect((await ask(server, (await auth.core.refresh(refreshToken)).accessToken)).status).toBe(200)
  },
  '`credentialsRequired: false`': async () => {
    const old = await oldApp({ credentialsRequired: false })
    const { server } = await newApp({}, { optional: true })
    for (const app of [old, server]) {
      expect(await ask(app)).toMatchObject({ status: 200, body: null })
      expect((await ask(app, 'bad.token.text')).status).toBe(401)
    }
  },
  '`isRevoked`': async () => {
    const gone = new Set(['alice'])
    const isRevoked = (_req: unknown, token?: { payload: { sub: string } }) =>
      gone.has(`${token?.payload.sub}`)
    expect((await ask(await oldApp({ isRevoked }), sign(ALICE))).status).toBe(401)
    const { login, server, auth } = await newApp()
    const { accessToken } = await login()
    await auth.revoke({ subject: 'alice' })
    expect((await ask(server, accessToken)).status).toBe(401)
  },
  '`secret: (req, token) => keyOf(token.header.kid)`': async () => {
    const keyOf = (kid: string) => (kid === 'old' ? OLD_SECRET : SECRET)
    const secret = (_req: unknown, token?: { header: { kid: string } }) => keyOf(`${token?.header.kid}`)
    expect((await ask(await oldApp({ secret }), sign(ALICE, SECRET, { kid: 'new' }))).status).toBe(200)
    expect((await ask(await oldApp({ secret }), sign(ALICE, OLD_SECRET, { kid: 'old' }))).status).toBe(200)
    const store = memoryStore()
    const before = await newApp({ secret: OLD_SECRET, store })
    const after = await newApp({ secret: [SECRET, OLD_SECRET], store })
    expect((await ask(after.server, (await before.login()).accessToken)).status).toBe(200)
    expect((await ask(after.server, (await after.login()).accessToken)).status).toBe(200)
  },
  '`getToken` from a cookie': async () => {
    const getToken = (req: express.Request) => /token=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
    expect(
      (await ask(await oldApp({ getToken }), undefined, { cookie: `token=${sign(ALICE)}` })).status,
    ).toBe(200)
    const { server, auth } = await newApp()
    const { accessToken } = await auth.core.login({ subject: 'alice' })
    const cookie = `__Host-access_token=${accessToken}`
    expect((await ask(server, undefined, { cookie })).status).toBe(200)
  },
  '`.unless({ path })`': async () => {
    const { auth } = await newApp()
    const old = await served((app) => {
      app.use(expressjwt({ secret: OLD_SECRET, algorithms: ['HS256'] }).unless({ path: ['/health'] }))
      app.get(['/health', '/me'], (_req, res) => void res.json('ok'))
    })
    const fresh = await served((app) => {
      app.get('/health', (_req, res) => void res.json('ok'))
      app.use(auth.guard())
      app.get('/me', (_req, res) => void res.json('ok'))
    })
    for (const app of [old, fresh]) {
      expect([(await app.fetch('/health')).status, (await app.fetch('/me')).status]).toEqual([200, 401])
    }
  },
  '`onExpired`': async () => {
    const expired: string[] = []
    const onExpired = (_req: unknown, error: Error) => void expired.push(error.message)
    await ask(await oldApp({ onExpired }), sign({ ...ALICE, exp: 1000 }))
    expect(expired).toEqual(['jwt expired'])
    const { login, server, clock, events } = await newApp()
    const { accessToken } = await login()
    clock.ahead = 3600
    await ask(server, accessToken)
    expect(events).toContainEqual(expect.objectContaining({ type: 'request_rejected', reason: 'expired' }))
  },
  '`UnauthorizedError` in the error handler': async () => {
    expect((await ask(await oldApp({}))).body).toEqual({
      name: 'UnauthorizedError',
      code: 'credentials_required',
    })
    const { server, auth } = await newApp()
    const refused = await ask(server)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('Bearer'),
    ])
    const thrown = await auth.core.refresh('rt1.nothing').catch((error: unknown) => error)
    expect(isAuthError(thrown, 'invalid_token')).toBe(true)
  },
  'another service with express-jwt and the secret': async () => {
    const service = await oldApp({ secret: SECRET, audience: 'app', issuer: 'app' })
    const { login, auth } = await newApp()
    const { accessToken } = await login()
    expect((await ask(service, accessToken)).body.sub).toBe('alice')
    await auth.revoke({ subject: 'alice' })
    expect((await ask(service, accessToken)).status).toBe(200)
  },
}

afterAll(closeAll)

describe('from express-jwt', () => {
  test.each(rows)('%s', (row) => {
    const trial = TRIALS[row]
    if (!trial) throw new Error(`nobody has tried the row ${row}`)
    return trial()
  })

  test('every trial is a row', () => {
    expect(Object.keys(TRIALS).sort()).toEqual([...rows].sort())
  })
})

describe('tokens that are still out there', () => {
  test('are not accepted, not even under the same secret', async () => {
    const { server } = await newApp({ secret: OLD_SECRET })
    expect((await ask(server, sign({ ...ALICE, iss: 'app', aud: 'app', jti: '1', sid: '1' }))).status).toBe(
      401,
    )
  })

  test('under one secret the old check takes new tokens, under two it does not', async () => {
    const old = await oldApp({})
    const careless = await newApp({ secret: OLD_SECRET })
    expect((await ask(old, (await careless.login()).accessToken)).status).toBe(200)
    expect((await ask(old, (await (await newApp()).login()).accessToken)).status).toBe(401)
  })

  test('are traded in', async () => {
    const [, text = ''] = /<!-- migration: trade -->\n```js\n([\s\S]*?)```/.exec(page) ?? []
    const { auth, server } = await newApp()
    const oldJwt = expressjwt({ secret: OLD_SECRET, algorithms: ['HS256'] })
    const trading = await served((app) => new Function('app', 'auth', 'oldJwt', text)(app, auth, oldJwt))
    const trade = (token: string) =>
      trading.fetch('/trade', { method: 'POST', headers: { authorization: `Bearer ${token}` } })
    const { access_token } = await (await trade(sign(ALICE))).json()
    expect((await ask(server, access_token)).body.subject).toBe('alice')
    expect((await trade(access_token)).status).toBe(401)
  })
})
