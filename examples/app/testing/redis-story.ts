/** An example on a real Redis: sessions outlive a process, several processes share them, an outage is no sign-out. */

import { randomBytes } from 'node:crypto'
import { eventually, freePort, type RedisServer, startRedis } from '@auth/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { type Client, client, DEMO, SECOND } from './client.js'
import { type Env, type Running, start } from './server.js'

const SECRET = randomBytes(32).toString('base64url')
const TRY_LATER = { status: 503, body: { error: 'store_unavailable' } }

export const redisStory = (folder: string): void => {
  const stopping: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const stop of stopping.splice(0).reverse()) await stop()
  })

  const redis = async (port?: number): Promise<RedisServer> => {
    const running = await startRedis([], port)
    stopping.push(() => running.stop())
    return running
  }
  const serve = async (url: string, env: Env = {}): Promise<Running> => {
    const running = await start(folder, {
      NODE_ENV: 'development',
      SESSION_SECRET: SECRET,
      REDIS_URL: url,
      ...env,
    })
    stopping.push(() => running.stop())
    return running
  }
  const signIn = async (browser: Client, who: object = DEMO): Promise<void> => {
    expect(await browser.send('POST /login', who)).toMatchObject({ status: 200 })
  }
  const statusOf = async (browser: Client, route: string) => (await browser.send(route)).status

  describe('on Redis', () => {
    test('sessions outlive the process', async () => {
      const { url } = await redis()
      const before = await serve(url)
      const [browser, gone] = [client(before.url), client(before.url)]
      await signIn(browser)
      await signIn(gone)
      const { sessionId } = (await browser.send('GET /me')).body
      const stale = (await gone.send('POST /auth/refresh')).cookies
        .map((line) => line.split(';')[0])
        .join('; ')
      await gone.send('POST /auth/logout')
      await before.stop()

      const after = await serve(url)
      const returned = browser.at(after.url)
      expect(await returned.send('GET /me')).toMatchObject({ status: 200, body: { sessionId } })
      expect(await returned.send('POST /auth/refresh')).toMatchObject({ status: 200 })
      expect((await returned.send('GET /auth/sessions')).body.sessions).toHaveLength(1)
      const { send } = client(after.url)
      expect(await send('GET /me', undefined, { cookie: stale })).toMatchObject({ status: 401 })
    })

    test('two processes share logins and logouts', async () => {
      const { url } = await redis()
      const [one, two] = await Promise.all([serve(url), serve(url)])
      const [browser, other, foreign] = [client(one.url), client(two.url), client(two.url)]
      await signIn(browser)
      await signIn(other)
      await signIn(foreign, SECOND)
      expect(await statusOf(browser.at(two.url), 'GET /me')).toBe(200)
      expect(await statusOf(browser.at(two.url), 'POST /auth/refresh')).toBe(200)
      expect((await other.send('GET /auth/sessions')).body.sessions).toHaveLength(2)

      // Each process looks every half second for what the others have revoked.
      const isOutAt = (url: string, who: Client) =>
        eventually(async () => (await statusOf(who.at(url), 'GET /me')) === 401, 5000)
      const { sessionId } = (await browser.send('GET /me')).body
      expect(await statusOf(other, `DELETE /auth/sessions/${sessionId}`)).toBe(204)
      await isOutAt(one.url, browser)
      expect(await statusOf(other, 'GET /me')).toBe(200)

      await signIn(browser)
      expect(await statusOf(browser, 'POST /auth/logout-all')).toBe(204)
      await isOutAt(two.url, other)
      expect(await statusOf(other, 'POST /auth/refresh')).toBe(401)
      expect(await statusOf(foreign, 'GET /me')).toBe(200)
    })

    test('a Redis that is down at start is waited for, and nobody hears a password', async () => {
      const port = await freePort()
      const server = await serve(`redis://:hush-hush@127.0.0.1:${port}/1`)
      const browser = client(server.url)
      expect(await statusOf(browser, 'GET /')).toBe(200)
      const refused = await browser.send('POST /login', DEMO)
      expect(refused).toMatchObject({ ...TRY_LATER, cookies: [] })
      expect(refused.headers.get('retry-after')).toBe('1')
      const refresh = await browser.send('POST /auth/refresh', undefined, { cookie: 'refresh_token=x' })
      expect(refresh.status).toBe(401) // it never was a token: that takes no store

      const late = await redis(port)
      late.cli('config', 'set', 'requirepass', 'hush-hush')
      await eventually(async () => (await browser.send('POST /login', DEMO)).status === 200)
      expect(await statusOf(browser, 'GET /me')).toBe(200)
      expect(await statusOf(browser, 'POST /auth/refresh')).toBe(200)
      const { code, stdout, stderr } = await server.stop()
      expect(code).toBe(0)
      expect(stdout).toContain(`Sessions are kept in Redis at 127.0.0.1:${port}.`)
      expect(stdout + stderr).not.toContain('hush-hush')
    })

    test('without a secret of its own it says what that means', async () => {
      const { url } = await redis()
      const { stop } = await start(folder, { NODE_ENV: 'development', REDIS_URL: url })
      expect((await stop()).stdout).toContain('Set SESSION_SECRET too')
    })
  })
}
