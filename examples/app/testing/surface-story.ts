/** The surface of an example, route by route, over real HTTP. */

import { mkdtemp, rm } from 'node:fs/promises'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, client, DEMO, SECOND } from './client.js'
import { type Running, start } from './server.js'

const ORIGIN = 'https://app.example.com'
const NEXT = 'another good password'
const WRONG = { status: 401, body: { error: 'invalid_credentials' } }

const MALFORMED: [title: string, body: string | object | undefined, headers?: Record<string, string>][] = [
  ['nothing', undefined],
  ['no JSON', '{"email":'],
  ['an empty text', ''],
  ['a JSON text', '"demo@example.com"'],
  ['null', 'null'],
  ['a list', '[]'],
  ['no field', {}],
  ['no password', { email: DEMO.email }],
  ['a number for an e-mail', { ...DEMO, email: 1 }],
  ['an object for a password', { ...DEMO, password: { length: 28 } }],
  ['remember as a text', { ...DEMO, remember: 'yes' }],
  ['an unknown transport', { ...DEMO, transport: 'pigeon' }],
  ['another content type', JSON.stringify(DEMO), { 'content-type': 'text/plain' }],
  ['far too much', { ...DEMO, password: 'x'.repeat(200_000) }],
]

export const surfaceStory = (folder: string): void => {
  let server: Running
  let directory: string
  let database: Database.Database

  beforeAll(async () => {
    directory = await mkdtemp('/tmp/example-')
    const file = `${directory}/users.db`
    server = await start(folder, {
      NODE_ENV: 'development',
      DATABASE_FILE: file,
      AUTH_ORIGIN: `${ORIGIN}, http://x.test`,
    })
    database = new Database(file)
  })
  afterAll(async () => {
    database.close()
    await server.stop()
    await rm(directory, { recursive: true })
  })

  const visitor = () => client(server.url)
  const signedIn = async (who: object = DEMO) => {
    const browser = visitor()
    expect(await browser.send('POST /login', who)).toMatchObject({ status: 200 })
    return browser
  }
  const app = async (who: object = DEMO) => {
    const { body } = await visitor().send('POST /login', { ...who, transport: 'bearer' })
    return body as { access_token: string; refresh_token: string; expires_in: number; token_type: string }
  }

  describe('GET /', () => {
    test('is a page that may run its own scripts and nothing else', async () => {
      const { status, headers, body } = await visitor().send('GET /')
      expect(status).toBe(200)
      expect(headers.get('content-type')).toMatch('text/html')
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/)
      expect(body).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/)
    })

    test.each([
      ['/app.js', 'text/javascript'],
      ['/auth-fetch.js', 'text/javascript'],
      ['/style.css', 'text/css'],
      ['/favicon.svg', 'image/svg+xml'],
    ])('%s belongs to it', async (path, type) => {
      const { status, headers } = await visitor().send(`GET ${path}`)
      expect(status).toBe(200)
      expect(headers.get('content-type')).toMatch(type)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    })

    test.each(['/nothing', '/server.js', '/../server.js', '/%2e%2e/server.js', '/constructor'])(
      '%s does not exist',
      async (path) => {
        expect(await visitor().send(`GET ${path}`)).toMatchObject({
          status: 404,
          body: { error: 'not_found' },
        })
      },
    )
  })

  describe('POST /login', () => {
    test('answers with the user and two cookies, and shows no token', async () => {
      const { status, body, cookies } = await visitor().send('POST /login', DEMO)
      expect(status).toBe(200)
      expect(body).toEqual({ user: { id: 'u-1', email: DEMO.email, name: 'Demo', role: 'admin' } })
      expect(cookies).toHaveLength(2)
      for (const cookie of cookies) expect(cookie).toMatch(/; Max-Age=\d+; .*HttpOnly/)
    })

    test('remember: false makes cookies that end with the browser', async () => {
      const { cookies } = await visitor().send('POST /login', { ...DEMO, remember: false })
      expect(cookies).toHaveLength(2)
      for (const cookie of cookies) expect(cookie).not.toContain('Max-Age')
    })

    test('gives a bearer client tokens and no cookies', async () => {
      const { body, cookies, headers } = await visitor().send('POST /login', { ...DEMO, transport: 'bearer' })
      expect(Object.keys(body).sort()).toEqual([
        'access_token',
        'expires_in',
        'refresh_expires_in',
        'refresh_token',
        'token_type',
        'user',
      ])
      expect(body).toMatchObject({ token_type: 'Bearer', user: { email: DEMO.email } })
      expect(cookies).toEqual([])
      expect(headers.get('cache-control')).toBe('no-store')
    })

    test.each([
      ['a wrong password', { ...DEMO, password: 'wrong' }],
      ['an unknown e-mail', { ...DEMO, email: 'nobody@example.com' }],
      ["another user's id", { ...DEMO, email: 'u-1' }],
      ['an e-mail with a null character', { ...DEMO, email: 'demo@example.com\0' }],
      ['SQL', { ...DEMO, email: "' OR 1=1 --" }],
    ])('refuses %s', async (_title, body) => {
      const answer = await visitor().send('POST /login', body)
      expect(answer).toMatchObject({ ...WRONG, cookies: [] })
      expect(Object.keys(answer.body)).toEqual(['error'])
    })

    test.each(MALFORMED)('a malformed body is the sender’s fault: %s', async (_title, body, headers) => {
      const answer = await visitor().send('POST /login', body, headers)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
      expect(answer.status).not.toBe(401)
      expect(answer.body.error).toBe('invalid_request')
      expect(answer.cookies).toEqual([])
    })

    // Some body parsers refuse it, others read JSON as what it always is: UTF-8, and no error of ours either way.
    test.each([
      ['charset', { 'content-type': 'application/json; charset=klingon' }],
      ['encoding', { 'content-encoding': 'klingon' }],
    ])('an unknown %s is ignored or the sender’s fault', async (_title, headers) => {
      const { status, body } = await visitor().send('POST /login', DEMO, headers)
      if (status === 200) expect(body).toMatchObject({ user: { id: 'u-1' } })
      else expect({ status, body }).toMatchObject({ status: 415, body: { error: 'invalid_request' } })
    })

    test('an inactive user may not sign in', async () => {
      database.prepare('UPDATE users SET active = 0 WHERE id = ?').run('u-2')
      const answer = await visitor().send('POST /login', SECOND)
      database.prepare('UPDATE users SET active = 1 WHERE id = ?').run('u-2')
      expect(answer).toMatchObject({ status: 403, body: { error: 'subject_disabled' }, cookies: [] })
    })

    test('a page of another site may not sign anybody in, the trusted origin may', async () => {
      const origin = 'https://evil.example'
      expect(await visitor().send('POST /login', DEMO, { origin })).toMatchObject({
        status: 403,
        body: { error: 'csrf_failed' },
        cookies: [],
      })
      expect(await visitor().send('POST /login', DEMO, { origin: ORIGIN })).toMatchObject({ status: 200 })
      expect(await visitor().send('POST /login', DEMO, { origin: 'http://x.test' })).toMatchObject({
        status: 200,
      })
    })
  })

  describe('GET /me', () => {
    test('says who asks', async () => {
      const { status, body, headers } = await (await signedIn()).send('GET /me')
      expect(status).toBe(200)
      expect(Object.keys(body)).toEqual(['subject', 'sessionId', 'tokenId', 'claims', 'expiresAt'])
      expect(body).toMatchObject({ subject: 'u-1', claims: { name: 'Demo', role: 'admin' } })
      expect(body.expiresAt).toBeGreaterThan(Date.now())
      expect(headers.get('cache-control')).toBe('no-store')
    })

    test('takes a bearer token', async () => {
      const { access_token } = await app(SECOND)
      expect(await visitor().send('GET /me', undefined, bearer(access_token))).toMatchObject({
        status: 200,
        body: { subject: 'u-2' },
      })
    })

    test('is closed without', async () => {
      expect(await visitor().send('GET /me')).toMatchObject({ status: 401 })
      expect(await visitor().send('GET /me', undefined, bearer('x'))).toMatchObject({ status: 401 })
    })
  })

  describe('POST /auth/refresh', () => {
    test('renews cookies', async () => {
      const browser = await signedIn()
      const before = await browser.send('GET /me')
      const { status, body, cookies } = await browser.send('POST /auth/refresh')
      expect(status).toBe(200)
      expect(body).toEqual({ expires_in: expect.any(Number) })
      // The login is a moment old: inside the overlap the access cookie alone is renewed.
      expect(cookies.map((line) => line.split('=')[0])).toEqual(['access_token'])
      const after = await browser.send('GET /me')
      expect(after.body.sessionId).toBe(before.body.sessionId)
      expect(after.body.tokenId).not.toBe(before.body.tokenId)
    })

    test('renews the tokens of a bearer client', async () => {
      const { refresh_token } = await app()
      const { status, body, cookies } = await visitor().send('POST /auth/refresh', { refresh_token })
      expect(status).toBe(200)
      expect(Object.keys(body).sort()).toEqual([
        'access_token',
        'expires_in',
        'refresh_expires_in',
        'refresh_token',
        'token_type',
      ])
      expect(cookies).toEqual([])
      expect(await visitor().send('GET /me', undefined, bearer(body.access_token))).toMatchObject({
        status: 200,
      })
    })

    test('reads role and active anew', async () => {
      const browser = await signedIn(SECOND)
      database.prepare("UPDATE users SET role = 'owner' WHERE id = 'u-2'").run()
      await browser.send('POST /auth/refresh')
      expect((await browser.send('GET /me')).body.claims.role).toBe('owner')
      database.prepare("UPDATE users SET role = 'member', active = 0 WHERE id = 'u-2'").run()
      const refused = await browser.send('POST /auth/refresh')
      database.prepare("UPDATE users SET active = 1 WHERE id = 'u-2'").run()
      expect(refused).toMatchObject({ status: 401 })
      expect(await browser.send('GET /me')).toMatchObject({ status: 401 })
    })
  })

  describe('POST /auth/logout and /auth/logout-all', () => {
    test('one ends this session', async () => {
      const [browser, other] = [await signedIn(), await signedIn()]
      expect(await browser.send('POST /auth/logout')).toMatchObject({ status: 204 })
      expect(await browser.send('GET /me')).toMatchObject({ status: 401 })
      expect(await browser.send('POST /auth/refresh')).toMatchObject({ status: 401 })
      expect(await other.send('GET /me')).toMatchObject({ status: 200 })
    })

    test('it takes the tokens of a bearer client', async () => {
      const { access_token, refresh_token } = await app()
      expect(await visitor().send('POST /auth/logout', { refresh_token })).toMatchObject({ status: 204 })
      expect(await visitor().send('GET /me', undefined, bearer(access_token))).toMatchObject({ status: 401 })
    })

    test('the other ends all of them, and those of nobody else', async () => {
      const [browser, other, foreign] = [await signedIn(), await signedIn(), await signedIn(SECOND)]
      const mobile = await app()
      expect(await browser.send('POST /auth/logout-all')).toMatchObject({ status: 204 })
      for (const dead of [browser, other]) {
        expect(await dead.send('GET /me')).toMatchObject({ status: 401 })
        expect(await dead.send('POST /auth/refresh')).toMatchObject({ status: 401 })
      }
      expect(await visitor().send('GET /me', undefined, bearer(mobile.access_token))).toMatchObject({
        status: 401,
      })
      expect(await foreign.send('GET /me')).toMatchObject({ status: 200 })
      expect(await (await signedIn()).send('GET /me')).toMatchObject({ status: 200 })
    })
  })

  describe('GET /auth/sessions and DELETE /auth/sessions/:id', () => {
    test('list the devices and sign one out', async () => {
      await (await signedIn()).send('POST /auth/logout-all')
      const [browser, other] = [await signedIn(), await signedIn()]
      const { status, body } = await browser.send('GET /auth/sessions')
      expect(status).toBe(200)
      expect(body.sessions).toHaveLength(2)
      const own = body.sessions.find(({ current }: { current: boolean }) => current)
      const { id, ...rest } = body.sessions.find(({ current }: { current: boolean }) => !current)
      expect(own.id).toBe((await browser.send('GET /me')).body.sessionId)
      expect(Object.keys(rest)).toEqual(['current', 'createdAt', 'lastSeenAt', 'device'])
      expect(await browser.send(`DELETE /auth/sessions/${id}`)).toMatchObject({ status: 204 })
      expect(await other.send('GET /me')).toMatchObject({ status: 401 })
      expect(await browser.send('GET /me')).toMatchObject({ status: 200 })
    })

    test("another user's session stays", async () => {
      const [browser, foreign] = [await signedIn(), await signedIn(SECOND)]
      const { sessionId } = (await foreign.send('GET /me')).body
      expect(await browser.send(`DELETE /auth/sessions/${sessionId}`)).toMatchObject({ status: 204 })
      expect(await foreign.send('GET /me')).toMatchObject({ status: 200 })
    })
  })

  describe('POST /password', () => {
    const back = async () => {
      const { access_token } = await app({ ...SECOND, password: NEXT })
      const body = { current: NEXT, next: SECOND.password }
      expect(await visitor().send('POST /password', body, bearer(access_token))).toMatchObject({
        status: 204,
      })
    }

    test('ends every other session, keeps this one, and the old password is worth nothing', async () => {
      const [browser, other, mobile] = [await signedIn(SECOND), await signedIn(SECOND), await app(SECOND)]
      const body = { current: SECOND.password, next: NEXT }
      const { status, cookies } = await browser.send('POST /password', body)
      expect(status).toBe(204)
      expect(cookies).toEqual([expect.stringMatching(/^access_token=ey/)])
      expect(await browser.send('GET /me')).toMatchObject({ status: 200 })
      expect(await browser.send('POST /auth/refresh')).toMatchObject({ status: 200 })
      expect(await other.send('GET /me')).toMatchObject({ status: 401 })
      expect(await other.send('POST /auth/refresh')).toMatchObject({ status: 401 })
      const { access_token, refresh_token } = mobile
      expect(await visitor().send('GET /me', undefined, bearer(access_token))).toMatchObject({ status: 401 })
      expect(await visitor().send('POST /auth/refresh', { refresh_token })).toMatchObject({ status: 401 })
      expect(await visitor().send('POST /login', SECOND)).toMatchObject(WRONG)
      await back()
    })

    test('a bearer client goes on after a refresh', async () => {
      const { access_token, refresh_token } = await app(SECOND)
      const body = { current: SECOND.password, next: NEXT }
      expect(await visitor().send('POST /password', body, bearer(access_token))).toMatchObject({
        status: 204,
        cookies: [],
      })
      expect(await visitor().send('GET /me', undefined, bearer(access_token))).toMatchObject({ status: 401 })
      expect(await visitor().send('POST /auth/refresh', { refresh_token })).toMatchObject({ status: 200 })
      await back()
    })

    test('a login that is checking the old password meanwhile fails', async () => {
      const browser = await signedIn(SECOND)
      const sent = Date.now()
      await visitor().send('POST /login', SECOND)
      const oneCheck = Date.now() - sent
      const changed = browser.send('POST /password', { current: SECOND.password, next: NEXT })
      const late = [0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8].map(async (checks) => {
        await new Promise((resolve) => setTimeout(resolve, checks * oneCheck))
        return visitor().send('POST /login', SECOND)
      })
      expect(await changed).toMatchObject({ status: 204 })
      for (const { status, cookies } of await Promise.all(late)) {
        const { send } = client(server.url)
        const cookie = cookies.map((line) => line.split(';')[0]).join('; ')
        // It may have been quick enough to be signed in; then it was signed out.
        expect([200, 401, 409]).toContain(status)
        expect(await send('GET /me', undefined, { cookie })).toMatchObject({ status: 401 })
      }
      await back()
    })

    test.each([
      ['a wrong current one', { current: 'wrong', next: NEXT }, 403, 'invalid_credentials'],
      ['a short new one', { current: DEMO.password, next: 'short' }, 400, 'invalid_request'],
      ['no new one', { current: DEMO.password }, 400, 'invalid_request'],
      ['no JSON', '{', 400, 'invalid_request'],
    ])('refuses %s and ends nothing', async (_title, body, status, error) => {
      const [browser, other] = [await signedIn(), await signedIn()]
      expect(await browser.send('POST /password', body)).toMatchObject({ status, body: { error } })
      expect(await other.send('GET /me')).toMatchObject({ status: 200 })
    })

    test('is closed to strangers and to pages of other sites', async () => {
      const body = { current: DEMO.password, next: NEXT }
      expect(await visitor().send('POST /password', body)).toMatchObject({ status: 401 })
      const origin = 'https://evil.example'
      expect(await (await signedIn()).send('POST /password', body, { origin })).toMatchObject({ status: 403 })
    })
  })

  test('the story: a stolen token ends its session and no other, and then everybody is out', async () => {
    const quick = await start(folder, { NODE_ENV: 'development', AUTH_OVERLAP: '1' })
    const overlap = () => new Promise((resolve) => setTimeout(resolve, 1100))
    const [laptop, phone, foreign] = [client(quick.url), client(quick.url), client(quick.url)]
    const thief = client(quick.url)
    const { cookies } = await laptop.send('POST /login', DEMO)
    const stolen = cookies.find((line) => line.startsWith('refresh_token='))?.split(';')[0] as string
    await phone.send('POST /login', DEMO)
    await foreign.send('POST /login', SECOND)
    const { sessionId, tokenId } = (await laptop.send('GET /me')).body

    for (let round = 1; round <= 2; round += 1) {
      await overlap()
      expect(await laptop.send('POST /auth/refresh')).toMatchObject({ status: 200 })
    }
    const me = await laptop.send('GET /me')
    expect(me).toMatchObject({ status: 200, body: { sessionId } })
    expect(me.body.tokenId).not.toBe(tokenId)

    expect(await thief.send('POST /auth/refresh', undefined, { cookie: stolen })).toMatchObject({
      status: 401,
      cookies: [],
    })
    expect(await laptop.send('GET /me')).toMatchObject({ status: 401 })
    expect(await laptop.send('POST /auth/refresh')).toMatchObject({ status: 401 })
    for (const other of [phone, foreign]) {
      expect(await other.send('GET /me')).toMatchObject({ status: 200 })
      expect(await other.send('POST /auth/refresh')).toMatchObject({ status: 200 })
    }

    expect(await laptop.send('POST /login', DEMO)).toMatchObject({ status: 200 })
    expect(await phone.send('POST /auth/logout-all')).toMatchObject({ status: 204 })
    for (const dead of [laptop, phone]) {
      expect(await dead.send('GET /me')).toMatchObject({ status: 401 })
      expect(await dead.send('POST /auth/refresh')).toMatchObject({ status: 401 })
    }
    expect(await foreign.send('GET /me')).toMatchObject({ status: 200 })
    const { stdout, stderr } = await quick.stop()
    expect(stdout + stderr).toContain('spent_token')
    expect(stdout + stderr).not.toContain(stolen.split('=')[1])
  })
}
