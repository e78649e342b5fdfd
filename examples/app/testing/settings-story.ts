/** How an example starts, refuses to start, and ends. */

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { client, DEMO } from './client.js'
import { type Env, runToEnd, start } from './server.js'

const SECRET = randomBytes(32).toString('base64url')
const SHORT_SECRET = 'kq7Zw2-short'

const WRONG: [title: string, env: Env, message: string][] = [
  ['no secret in production', { NODE_ENV: 'production' }, 'secret (SESSION_SECRET) is missing'],
  ['no secret where NODE_ENV is unknown', {}, 'secret (SESSION_SECRET) is missing'],
  [
    'an empty secret, even in development',
    { NODE_ENV: 'development', SESSION_SECRET: '' },
    'SESSION_SECRET) is missing',
  ],
  ['a short secret', { SESSION_SECRET: SHORT_SECRET }, 'secret (SESSION_SECRET) is shorter than 32 bytes'],
  [
    'a life the library refuses',
    { SESSION_SECRET: SECRET, AUTH_ACCESS_TTL: '3601' },
    'accessTtl (3601) must be at most 3600 in production',
  ],
  [
    'an origin with a path',
    { SESSION_SECRET: SECRET, AUTH_ORIGIN: 'https://app.example.com/' },
    'origins must be a list of origins',
  ],
  [
    'a database in no folder',
    { DATABASE_FILE: '/nowhere/at/all.db' },
    'DATABASE_FILE: cannot open /nowhere/at/all.db',
  ],
]

export const settingsStory = (folder: string): void => {
  describe('a wrong setting ends the process with a message', () => {
    test.concurrent.each(WRONG)('%s', async (_title, env, message) => {
      const { code, stdout, stderr } = await runToEnd(folder, env)
      expect(stderr).toContain(message)
      expect(stderr).not.toMatch(/^\s+at /m)
      expect(stdout + stderr).not.toContain(SHORT_SECRET)
      expect(stdout + stderr).not.toContain(SECRET)
      expect(code).toBe(1)
    })

    test('wrong variables are named, all at once', async () => {
      const { stderr } = await runToEnd(folder, { PORT: 'x', AUTH_LEEWAY: 'y', REDIS_URL: 'z' })
      for (const name of ['PORT', 'AUTH_LEEWAY', 'REDIS_URL']) expect(stderr).toContain(name)
    })

    test('a port in use', async () => {
      const squatter = createServer().listen(0)
      const { port } = squatter.address() as { port: number }
      const { code, stderr } = await runToEnd(folder, { NODE_ENV: 'development', PORT: String(port) })
      squatter.close()
      expect(stderr).toBe(`Port ${port} is already in use. Set PORT to a free one.\n`)
      expect(code).toBe(1)
    })
  })

  describe('the life of the process', () => {
    test('needs no setting in development, and says where it is and how to sign in', async () => {
      const server = await start(folder, { NODE_ENV: 'development' })
      const { stdout } = await server.stop()
      expect(stdout).toContain(server.url)
      expect(stdout).toContain(DEMO.email)
      expect(stdout).toContain(DEMO.password)
      expect(stdout).toContain('Sessions are kept in memory')
    })

    test.each(['SIGTERM', 'SIGINT'] as const)(
      '%s ends it cleanly, kept-alive connections and all',
      async (signal) => {
        const server = await start(folder, { NODE_ENV: 'development' })
        await client(server.url).send('POST /login', DEMO)
        expect(await server.stop(signal)).toMatchObject({ code: 0 })
      },
    )

    test('the users survive a restart in a file, the sessions in memory do not', async () => {
      const { mkdtemp, rm } = await import('node:fs/promises')
      const directory = await mkdtemp('/tmp/example-')
      const env = { SESSION_SECRET: SECRET, NODE_ENV: 'development', DATABASE_FILE: `${directory}/users.db` }
      const before = await start(folder, env)
      const login = await client(before.url).send('POST /login', { ...DEMO, transport: 'bearer' })
      const headers = { authorization: `Bearer ${login.body.access_token}` }
      const body = { current: DEMO.password, next: 'a new password' }
      expect(await client(before.url).send('POST /password', body, headers)).toMatchObject({ status: 204 })
      await before.stop()
      const after = await start(folder, env)
      const { send } = client(after.url)
      expect(await send('GET /me', undefined, headers)).toMatchObject({ status: 401 })
      expect(await send('POST /login', DEMO)).toMatchObject({ status: 401 })
      expect(await send('POST /login', { ...DEMO, password: 'a new password' })).toMatchObject({
        status: 200,
      })
      await after.stop()
      await rm(directory, { recursive: true })
    })
  })

  describe('in production', () => {
    test('cookies are Secure and prefixed, and the session lives behind TLS', async () => {
      const server = await start(folder, { NODE_ENV: 'production', SESSION_SECRET: SECRET })
      const browser = client(server.url, server.url.replace('http:', 'https:'))
      const { cookies } = await browser.send('POST /login', DEMO)
      expect(cookies).toHaveLength(2)
      expect(cookies).toEqual(
        expect.arrayContaining([
          expect.stringMatching(
            /^__Host-access_token=.*; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
          ),
          expect.stringMatching(
            /^__Secure-refresh_token=.*; Max-Age=1210230; Path=\/auth; HttpOnly; Secure; SameSite=Lax$/,
          ),
        ]),
      )
      expect(await browser.send('GET /me')).toMatchObject({ status: 200 })
      expect(await browser.send('POST /auth/refresh')).toMatchObject({
        status: 200,
        body: { expires_in: 600 },
      })
      const { stdout, stderr } = await server.stop()
      expect(stderr).toContain('memory_store_in_production')
      expect(stdout + stderr).not.toContain(SECRET)
    })
  })
}
