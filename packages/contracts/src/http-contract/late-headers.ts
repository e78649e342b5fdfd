/** Clauses about what handlers, proxies and error pages do with a response afterwards. */

import { expect, expectSame } from '../expectations.js'
import { clause, cookieLines, expectStatus, type HttpClause } from './clause.js'
import type { Browser } from './scene.js'

const PAGE = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none', accept: 'text/html' }

/** Loads a page twelve times, each after its access token has ended, and keeps what comes. */
const browse = async (alice: Browser, path: string, between: () => void): Promise<Response[]> => {
  const pages = []
  for (let load = 0; load < 12; load += 1) {
    between()
    pages.push(await alice.send('GET', path, { headers: PAGE }))
  }
  return pages
}

const tokensIn = (response: Response): number =>
  cookieLines(response).filter((line) => line.includes('token=*')).length

/** Cookies of ours leave with whatever leaves, and then no cache keeps it. */
export const lateHeaderClauses: readonly HttpClause[] = [
  clause(
    'a response that a handler makes by itself carries the cookies of its login',
    async ({ browser }) => {
      const alice = browser()
      const response = await alice.send('POST', '/login-raw', { json: { subject: 'alice' } })
      await expectStatus(response, 303, 'the redirect')
      expectSame(tokensIn(response), 2, 'the number of token cookies')
      expect(
        cookieLines(response).some((line) => line.startsWith('own=')),
        "the handler's own cookie is lost",
      )
      expectSame(response.headers.get('cache-control'), 'no-store', 'the caching')
      await expectStatus(alice.send('GET', '/me'), 200, 'a request after it')
    },
  ),
  ...['/raw', '/cached', '/broken'].map((path) =>
    clause(
      `silent renewal reaches the client whatever the handler of ${path} does with the response`,
      async ({ browser, clock, events }) => {
        const alice = browser()
        await alice.login()
        const pages = await browse(alice, path, () => clock.advance(700))
        expectSame(
          [...new Set(pages.map(({ status }) => status))],
          [path === '/broken' ? 500 : 200],
          'the answers',
        )
        expectSame([...new Set(pages.map(tokensIn))], [2], 'the number of token cookies')
        const caching = [...new Set(pages.map(({ headers }) => headers.get('cache-control')))]
        expectSame(caching, ['no-store'], 'the caching')
        expect(!events.some(({ type }) => type === 'reuse_detected'), 'page loads were taken for theft')
      },
      { renewal: 'silent' },
    ),
  ),
  clause(
    'a page that carries no tokens keeps its own caching',
    async ({ browser }) => {
      const page = await expectStatus(browser().send('GET', '/cached', { headers: PAGE }), 200, 'the page')
      expectSame(page.headers.get('cache-control'), 'public, s-maxage=600', 'the caching')
    },
    { renewal: 'silent' },
  ),
]
