/** Clauses about requests from other sites. */

import { clause, expectStatus, type HttpClause } from './clause.js'
import { ORIGIN } from './scene.js'

const UNSAFE = ['POST'] as const

/** Cross-site request forgery. */
export const crossSiteClauses: readonly HttpClause[] = [
  clause('unsafe requests with cookies must come from a page of the site', async ({ browser }) => {
    const alice = browser()
    await alice.login()
    const cases: [Record<string, string>, number][] = [
      [{ origin: ORIGIN, 'sec-fetch-site': 'same-origin' }, 200],
      [{ origin: '', 'sec-fetch-site': 'none' }, 200],
      [{ origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }, 403],
      [{ origin: 'https://app.example.test.evil.test', 'sec-fetch-site': 'cross-site' }, 403],
      [{ origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
      [{ origin: 'https://other.example.test', 'sec-fetch-site': 'same-site' }, 403],
      [{ origin: 'https://other.example.test', 'sec-fetch-site': '' }, 403],
    ]
    for (const [headers, status] of cases) {
      for (const method of UNSAFE) {
        const what = `${method} from ${JSON.stringify(headers)}`
        await expectStatus(alice.send(method, '/me', { headers }), status, what)
      }
      await expectStatus(alice.send('GET', '/me', { headers }), 200, 'a GET from anywhere')
    }
  }),
  clause(
    'a request without Origin and Sec-Fetch-Site is no browser, and passes',
    async ({ browser, server }) => {
      const alice = browser()
      await alice.login()
      const cookie = await alice.jar.cookies(`${ORIGIN}/me`)
      await expectStatus(
        server.fetch('/me', { method: 'POST', headers: { cookie } }),
        200,
        'a POST without Origin',
      )
    },
  ),
  clause(
    'a configured origin may use the cookies',
    async ({ browser, server }) => {
      const alice = browser()
      await alice.login()
      const headers = { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' }
      await expectStatus(alice.send('POST', '/me', { headers }), 200, 'a POST from the configured origin')
      const cookie = await alice.jar.cookies(`${ORIGIN}/me`)
      const bare = server.fetch('/me', { method: 'POST', headers: { cookie } })
      await expectStatus(bare, 403, 'a POST without Origin, under SameSite=None')
    },
    { origins: ['https://shop.example'], cookies: { sameSite: 'none' } },
  ),
  clause('bearer requests need no origin', async ({ bearer, server }) => {
    const { access_token } = await bearer()
    const headers = {
      authorization: `Bearer ${access_token}`,
      origin: 'https://elsewhere.test',
      'sec-fetch-site': 'cross-site',
    }
    await expectStatus(
      server.fetch('/me', { method: 'POST', headers }),
      200,
      'a bearer request from another site',
    )
  }),
]
