/** Clauses about pages that are public, and about what a guard lets through. */

import { expect, expectSame } from '../expectations.js'
import { clause, expectRefused, expectStatus, type HttpClause } from './clause.js'
import type { Browser } from './scene.js'

const nameOn = async (response: Response): Promise<unknown> => (await response.json()).subject

/** A browser whose access cookie is worth nothing any more, in each of the ways. */
const spent = (alice: Browser, cookie: string) => alice.jar.keep('https://app.example.test/', [cookie])

/** Optional guards, `OPTIONS`, and paths. */
export const publicPageClauses: readonly HttpClause[] = [
  clause(
    'a public page stays public when the session of its visitor has ended',
    async ({ browser, clock, events }) => {
      const [revoked, expired, foreign] = [browser(), browser(), browser()]
      await revoked.login('alice', { remember: false })
      await revoked.send('POST', '/auth/logout', { lost: true })
      await expired.login('bob', { remember: false })
      await foreign.login('carol')
      await spent(foreign, '__Host-access_token=never.ours.x; Path=/; Secure')
      const revokedPage = await expectStatus(revoked.send('GET', '/maybe'), 200, 'the page after a logout')
      const foreignPage = await expectStatus(
        foreign.send('GET', '/maybe'),
        200,
        'the page with a foreign cookie',
      )
      clock.advance(700)
      const expiredPage = await expectStatus(expired.send('GET', '/maybe'), 200, 'the page after the end')
      for (const page of [revokedPage, foreignPage, expiredPage])
        expectSame(await nameOn(page), null, 'the visitor')
      const reasons = events.flatMap((event) => (event.type === 'request_rejected' ? [event.reason] : []))
      for (const reason of ['revoked', 'malformed', 'expired'] as const) {
        expect(reasons.includes(reason), `the log does not say ${reason}`)
      }
    },
  ),
  clause('an unsafe request never becomes anonymous', async ({ browser, bearer, send }) => {
    const alice = browser()
    await alice.login()
    await alice.send('POST', '/auth/logout', { lost: true })
    await expectRefused(alice.send('POST', '/maybe'), 'a POST with a dead cookie')
    const app = await bearer('bob')
    await send('POST /auth/logout', app.access_token)
    await expectRefused(send('GET /maybe', app.access_token), 'a GET with a dead bearer token')
  }),
  clause('OPTIONS is judged like any request', async ({ browser, server, events }) => {
    const preflight = { origin: 'https://shop.example', 'access-control-request-method': 'POST' }
    await expectStatus(server.fetch('/me', { method: 'OPTIONS', headers: preflight }), 401, 'a preflight')
    expectSame(events.filter(({ type }) => type === 'request_rejected').length, 0, 'the entries in the log')
    const alice = browser()
    await alice.login()
    await expectStatus(
      alice.send('OPTIONS', '/me', { headers: preflight }),
      200,
      'OPTIONS of a signed-in user',
    )
  }),
  clause('the endpoints answer with a slash at the end', async ({ browser, clock }) => {
    const alice = browser()
    await alice.login()
    clock.advance(60)
    await expectStatus(alice.send('POST', '/auth/refresh/?x=1'), 200, 'the refresh')
    await expectStatus(alice.send('POST', '/auth/logout/'), 204, 'the logout')
  }),
  clause(
    'the endpoints answer behind a gateway that strips the front of the path',
    async ({ browser, server, clock }) => {
      const alice = browser()
      await alice.login()
      clock.advance(60)
      const cookie = await alice.jar.cookies('https://app.example.test/shop/auth/refresh')
      const headers = { cookie, 'sec-fetch-site': 'same-origin' }
      await expectStatus(server.fetch('/auth/refresh', { method: 'POST', headers }), 200, 'the stripped path')
      await expectStatus(
        server.fetch('/shop/auth/refresh', { method: 'POST', headers }),
        200,
        'the whole path',
      )
    },
    { path: '/shop/auth' },
  ),
]
