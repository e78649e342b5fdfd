/** Clauses about signing in. */

import { expect, expectSame } from '../expectations.js'
import { clause, cookieLines, expectRefused, expectStatus, type HttpClause } from './clause.js'

const JWT = /eyJ|rt1\./

/** Login: cookies, transports, and what it must not disturb. */
export const signInClauses: readonly HttpClause[] = [
  clause('login sets both cookies with every attribute', async ({ browser }) => {
    const response = await expectStatus(browser().login(), 200, 'login')
    expectSame(
      cookieLines(response),
      [
        'own=*; Path=/',
        '__Host-access_token=*; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax',
        '__Secure-refresh_token=*; Max-Age=1210230; Path=/auth; HttpOnly; Secure; SameSite=Lax',
      ],
      'the cookies',
    )
    expectSame(response.headers.get('cache-control'), 'no-store', 'the caching of a login')
    expect(!JWT.test(await response.text()), 'a token stands in the body of a cookie login')
  }),
  clause('login gives a bearer client tokens and no cookie', async ({ send }) => {
    const response = await send('POST /login', undefined, { subject: 'alice', transport: 'bearer' })
    expectSame(cookieLines(response), ['own=*; Path=/'], 'the cookies')
    const { access_token, refresh_token, ...rest } = await response.json()
    expectSame(
      rest,
      { subject: 'alice', token_type: 'Bearer', expires_in: 600, refresh_expires_in: 1_210_230 },
      'the token response',
    )
    expectSame(response.headers.get('cache-control'), 'no-store', 'the caching of tokens')
    await expectStatus(send('GET /me', access_token), 200, 'a bearer request')
    expect(refresh_token.startsWith('rt1.'), 'the refresh token is missing')
  }),
  clause('a guarded route knows the principal', async ({ browser, clock }) => {
    const alice = browser()
    const { status } = await alice.send('GET', '/me')
    await alice.login()
    const { sessionId, tokenId, ...rest } = await (await alice.send('GET', '/me')).json()
    expectSame([status, typeof sessionId, typeof tokenId], [401, 'string', 'string'], 'the answers')
    const now = clock.now()
    const times = { issuedAt: now, authenticatedAt: now, expiresAt: now + 600_000 }
    expectSame(
      rest,
      { subject: 'alice', claims: { role: 'reader' }, transport: 'cookie', ...times },
      'the principal',
    )
  }),
  clause('a login that is not remembered ends with the browser', async ({ browser, clock }) => {
    const alice = browser()
    const login = await alice.login('alice', { remember: false })
    clock.advance(700)
    const refresh = await alice.send('POST', '/auth/refresh')
    for (const response of [login, refresh]) {
      expect(
        !response.headers.getSetCookie().some((line) => /max-age|expires/i.test(line)),
        'a cookie has an expiry',
      )
    }
    await expectStatus(alice.send('GET', '/me'), 200, 'a request after the refresh')
  }),
  clause('a new login ends the session it replaces', async ({ browser, send, bearer }) => {
    const alice = browser()
    await alice.login()
    const old = await alice.cookie('access_token')
    const other = await bearer()
    await alice.login()
    await expectStatus(alice.send('GET', '/me'), 200, 'the new session')
    await expectStatus(send('GET /me', other.access_token), 200, 'a session of another device')
    const replaced = browser()
    await replaced.jar.keep('https://app.example.test/', [`__Host-access_token=${old}; Path=/; Secure`])
    await expectRefused(replaced.send('GET', '/me'), 'the replaced session')
  }),
  clause('login from another site is refused and opens nothing', async ({ browser, send, bearer }) => {
    const { access_token } = await bearer()
    for (const headers of [
      { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
      { origin: 'null', 'sec-fetch-site': 'same-site' },
    ]) {
      const response = await browser().send('POST', '/login', { json: { subject: 'alice' }, headers })
      await expectStatus(response, 403, 'a login from another site')
      expect(!response.headers.getSetCookie().some((line) => line.includes('token')), 'a cookie was set')
    }
    const { sessions } = await (await send('GET /auth/sessions', access_token)).json()
    expectSame(sessions.length, 1, 'the number of sessions')
  }),
  clause('a disabled subject cannot sign in', async ({ browser, fault }) => {
    fault.claims = 'null'
    const response = await expectStatus(browser().login(), 403, 'the login of a disabled subject')
    expect(!response.headers.getSetCookie().some((line) => line.includes('token')), 'a cookie was set')
  }),
  clause(
    'cookies of a domain are shared and prefixed accordingly',
    async ({ browser }) => {
      const lines = cookieLines(await browser().login()).slice(1)
      const rest = 'HttpOnly; Secure; Partitioned; SameSite=None'
      expectSame(
        lines.map((line) => line.split('; ').sort()),
        [
          `__Secure-access_token=*; Max-Age=600; Domain=example.test; Path=/; ${rest}`,
          `__Secure-refresh_token=*; Max-Age=1210230; Domain=example.test; Path=/api/auth; ${rest}`,
        ].map((line) => line.split('; ').sort()),
        'the cookies',
      )
    },
    { path: '/api/auth', cookies: { domain: 'example.test', sameSite: 'none', partitioned: true } },
  ),
  clause(
    'development works over plain http',
    async ({ browser }) => {
      const lines = cookieLines(await browser().login()).slice(1)
      expectSame(
        lines,
        [
          'access_token=*; Max-Age=28800; Path=/; HttpOnly; SameSite=Lax',
          'refresh_token=*; Max-Age=1238430; Path=/auth; HttpOnly; SameSite=Lax',
        ],
        'the cookies',
      )
    },
    { environment: 'development', secret: undefined },
  ),
  clause(
    'retired cookies are expired at login and at logout',
    async ({ browser }) => {
      const alice = browser()
      for (const response of [await alice.login(), await alice.send('POST', '/auth/logout')]) {
        const line = response.headers.getSetCookie().find((cookie) => cookie.startsWith('old_token='))
        expect(
          /Max-Age=0/.test(line ?? '') && /Domain=example\.test/.test(line ?? ''),
          'the retired cookie is not expired',
        )
      }
    },
    { cookies: { retired: [{ name: 'old_token', domain: 'example.test' }] } },
  ),
]
