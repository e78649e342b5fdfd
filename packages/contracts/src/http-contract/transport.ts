/** Clauses about how refresh tokens travel. */

import { expect, expectSame } from '../expectations.js'
import { clause, cookieLines, expectRefused, expectStatus, type HttpClause } from './clause.js'
import type { Browser } from './scene.js'

const refreshed = (browser: Browser) => browser.send('POST', '/auth/refresh')

/** Cookies, bodies, and page loads that renew themselves. */
export const transportClauses: readonly HttpClause[] = [
  clause('a bearer client refreshes by RFC 6749', async ({ bearer, send, clock, server }) => {
    const tokens = await bearer()
    clock.advance(60)
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
    const response = await expectStatus(
      server.fetch('/auth/refresh', { method: 'POST', body }),
      200,
      'the refresh',
    )
    const { access_token, refresh_token, ...rest } = await response.json()
    expectSame(
      rest,
      { token_type: 'Bearer', expires_in: 600, refresh_expires_in: 1_210_230 },
      'the token response',
    )
    expectSame(response.headers.getSetCookie(), [], 'the cookies')
    await expectStatus(send('GET /me', access_token), 200, 'a request with the new token')
    expect(refresh_token !== tokens.refresh_token, 'the refresh token was not rotated')
  }),
  clause('a token works only on its own transport', async ({ browser, bearer, send, clock, server }) => {
    const alice = browser()
    await alice.login()
    const tokens = await bearer('bob')
    clock.advance(60)
    const stolen = await alice.cookie('refresh_token')
    await expectRefused(send('GET /me', await alice.cookie('access_token')), 'a cookie token in a header')
    await expectRefused(
      send('POST /auth/refresh', undefined, { refresh_token: stolen }),
      'a cookie token in a body',
    )
    const cookie = `__Secure-refresh_token=${tokens.refresh_token}`
    await expectRefused(
      server.fetch('/auth/refresh', { method: 'POST', headers: { cookie } }),
      'a bearer token in a cookie',
    )
    await expectStatus(refreshed(alice), 200, 'the refresh of the cookie session')
    const json = { refresh_token: tokens.refresh_token }
    await expectStatus(send('POST /auth/refresh', undefined, json), 200, 'the refresh of the bearer session')
  }),
  clause('a refresh from another site is refused, unconsumed', async ({ browser, clock, events }) => {
    const alice = browser()
    await alice.login()
    clock.advance(60)
    const headers = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
    const response = await expectStatus(
      alice.send('POST', '/auth/refresh', { headers }),
      403,
      'a refresh from another site',
    )
    expectSame(response.headers.getSetCookie(), [], 'the cookies of a 403')
    expectSame(events.filter(({ type }) => type === 'refreshed').length, 0, 'the number of refreshes')
  }),
  clause(
    'a refused page load keeps the cookies that it renewed',
    async ({ browser, clock, events }) => {
      const alice = browser()
      await alice.login()
      const page = { 'sec-fetch-mode': 'navigate', accept: 'text/html' }
      for (let load = 0; load < 12; load += 1) {
        clock.advance(700)
        const response = await expectStatus(
          alice.send('GET', '/recent', { headers: page }),
          401,
          'a page for fresh logins',
        )
        expectSame(cookieLines(response).length, 2, 'the number of cookies')
      }
      expect(!events.some(({ type }) => type === 'reuse_detected'), 'page loads were taken for theft')
    },
    { renewal: 'silent' },
  ),
  clause(
    'silent renewal keeps page loads signed in',
    async ({ browser, clock }) => {
      const alice = browser()
      const login = cookieLines(await alice.login())
      expect(
        login[2]?.startsWith('__Host-refresh_token=*') === true,
        'the refresh cookie does not lie at the root',
      )
      clock.advance(700)
      const page = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site', accept: 'text/html' }
      await expectRefused(
        alice.send('GET', '/me', { headers: { 'sec-fetch-mode': 'cors' } }),
        'a script request',
      )
      await expectStatus(alice.send('GET', '/me', { headers: page }), 200, 'a page load')
      await expectStatus(alice.send('GET', '/me'), 200, 'a script request after it')
      await alice.send('POST', '/auth/logout', { lost: true })
      const ended = await expectStatus(
        alice.send('GET', '/maybe', { headers: page }),
        200,
        'an optional page after the end',
      )
      expectSame(await ended.json(), { subject: null }, 'who loads it')
      await expectStatus(alice.send('GET', '/me', { headers: page }), 401, 'a guarded page after the end')
    },
    { renewal: 'silent' },
  ),
]
