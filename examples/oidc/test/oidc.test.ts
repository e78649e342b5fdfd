/** The example as a process, a real OpenID provider on another site, and a person with a browser between them. */

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { eventually, freePort } from '@auth/testkit'
import { type Running, start } from 'example-app/testing'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import Provider from 'oidc-provider'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const FOLDER = fileURLToPath(new URL('..', import.meta.url))
const CHROMIUM = [process.env.CHROMIUM_PATH ?? '', '/usr/bin/chromium'].find(existsSync)
if (!CHROMIUM && process.env.CI) throw new Error('no Chromium: set CHROMIUM_PATH')
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const CLIENT = { OIDC_CLIENT_ID: 'app', OIDC_CLIENT_SECRET: 'a secret that only the two know' }

describe.skipIf(!CHROMIUM)(`signing in with a provider${CHROMIUM ? '' : ': no Chromium'}`, () => {
  let app: Running
  let provider: Server
  let issuer: string
  let browser: Browser
  let key: CryptoKey
  /** The answers to the logout tokens that the provider has sent. */
  const told: number[] = []

  beforeAll(async () => {
    const pair = await generateKeyPair('RS256', { extractable: true })
    key = pair.privateKey
    const [port, appPort] = [await freePort(), await freePort()]
    // Two sites: the browser sends a Lax cookie from one to the other with top-level navigations only.
    issuer = `http://127.0.0.1:${port}`
    const url = `http://localhost:${appPort}`
    const opened = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT.OIDC_CLIENT_ID,
          client_secret: CLIENT.OIDC_CLIENT_SECRET,
          redirect_uris: [`${url}/callback`],
          backchannel_logout_uri: `${url}/backchannel-logout`,
          backchannel_logout_session_required: true,
        },
      ],
      jwks: { keys: [{ ...(await exportJWK(key)), kid: 'first', alg: 'RS256', use: 'sig' }] },
      cookies: { keys: ['a key of the provider'] },
      features: { backchannelLogout: { enabled: true } },
      findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
      // The provider refuses to call loopback addresses by itself.
      fetch: async (
        target: string,
        { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown },
      ) => {
        const response = await fetch(target, options)
        if (String(target).endsWith('/backchannel-logout')) told.push(response.status)
        return response
      },
    })
    provider = createServer(opened.callback()).listen(port, '127.0.0.1')
    await once(provider, 'listening')
    app = await start(FOLDER, {
      ...CLIENT,
      OIDC_ISSUER: issuer,
      PORT: String(appPort),
      NODE_ENV: 'development',
    })
    browser = await chromium.launch({
      executablePath: CHROMIUM as string,
      args: ['--headless', '--no-sandbox'],
    })
  })
  afterAll(async () => {
    await browser?.close()
    await app?.stop()
    provider?.closeAllConnections()
    provider?.close()
  })

  const signIn = async (name: string): Promise<Page> => {
    const page = await (await browser.newContext()).newPage()
    page.setDefaultTimeout(15_000)
    await page.goto(app.url)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.locator('input[name=login]').fill(name)
    await page.locator('input[name=password]').fill('any')
    await page.getByRole('button', { name: 'Sign-in' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Log out' }).waitFor()
    return page
  }
  const me = async (page: Page) => (await page.request.get(`${app.url}/me`)).status()

  /** A logout token as the provider makes them, with some changes. */
  const logoutToken = (claims: JWTPayload, header: object = {}, signer: CryptoKey = key) => {
    const now = Math.floor(Date.now() / 1000)
    const times = { iat: now, exp: now + 60, jti: crypto.randomUUID() }
    const whole = { iss: issuer, aud: CLIENT.OIDC_CLIENT_ID, ...times, events: { [EVENT]: {} }, ...claims }
    return new SignJWT(JSON.parse(JSON.stringify(whole)))
      .setProtectedHeader({ alg: 'RS256', kid: 'first', typ: 'logout+jwt', ...header })
      .sign(signer)
  }
  const tell = async (token: string) =>
    (
      await fetch(`${app.url}/backchannel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      })
    ).status

  test('the way to the provider and back ends in a session of ours, and leaves nothing of the way', async () => {
    const page = await signIn('alice')
    expect(await page.request.get(`${app.url}/me`).then((answer) => answer.json())).toEqual({
      subject: 'u-alice',
    })
    const names = (await page.context().cookies(app.url)).map(({ name }) => name)
    expect(names.sort()).toEqual(['access_token', 'refresh_token'])
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    expect(await me(page)).toBe(401)
  })

  test('logging out at the provider ends the session here, and not that of another browser', async () => {
    const [page, other] = [await signIn('bob'), await signIn('bob')]
    await page.goto(`${issuer}/session/end`)
    await page.getByRole('button', { name: /yes, sign me out/i }).click()
    await eventually(async () => told.length === 1)
    expect(told).toEqual([200])
    expect([await me(page), await me(other)]).toEqual([401, 200])
  })

  test('a callback without a way that began in this browser signs in no one', async () => {
    const page = await (await browser.newContext()).newPage()
    for (const cookie of [undefined, 'state.nonce.verifier']) {
      if (cookie) await page.context().addCookies([{ name: 'sign_in', value: cookie, url: app.url }])
      const answer = await page.goto(`${app.url}/callback?code=x&state=other`)
      expect(answer?.status()).toBe(400)
      expect(await me(page)).toBe(401)
    }
  })

  test('a logout token ends sessions once; what is not quite one ends nothing', async () => {
    const page = await signIn('carol')
    const sub = 'carol'
    const old = Math.floor(Date.now() / 1000) - 600
    const wrong: Record<string, Promise<string>> = {
      'an ID token': logoutToken({ sub }, { typ: 'JWT' }),
      'a nonce': logoutToken({ sub, nonce: 'n' }),
      'no event': logoutToken({ sub, events: {} }),
      'another event': logoutToken({ sub, events: { 'http://other.example': {} } }),
      'another issuer': logoutToken({ sub, iss: 'http://other.example' }),
      'another audience': logoutToken({ sub, aud: 'other' }),
      'an old token': logoutToken({ sub, iat: old, exp: old + 60_000 }),
      'no iat': logoutToken({ sub, iat: undefined as never }),
      'no jti': logoutToken({ sub, jti: undefined as never }),
      'no sub': logoutToken({ sid: 'x' }),
      'another key': logoutToken({ sub }, {}, (await generateKeyPair('RS256')).privateKey),
      'another algorithm': logoutToken(
        { sub },
        { alg: 'PS256' },
        (await generateKeyPair('PS256')).privateKey,
      ),
      'no token': Promise.resolve('x'),
    }
    for (const [what, token] of Object.entries(wrong)) {
      expect([what, await tell(await token), await me(page)]).toEqual([what, 400, 200])
    }
    expect([await tell(await logoutToken({ sub, sid: 'another' })), await me(page)]).toEqual([200, 200])
    const token = await logoutToken({ sub })
    expect([await tell(token), await me(page)]).toEqual([200, 401])
    const again = await signIn('carol')
    expect([await tell(token), await me(again)]).toEqual([400, 200])
  })
})
