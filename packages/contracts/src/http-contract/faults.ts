/** Clauses about faults and edges: a store that is down, bad bodies, paths. */

import { expect, expectSame } from '../expectations.js'
import { clause, expectRefused, expectStatus, type HttpClause } from './clause.js'

/** Faults and edges. */
export const faultClauses: readonly HttpClause[] = [
  clause('an outage of the store is a 503 and not a bad token', async ({ browser, fault, events }) => {
    const alice = browser()
    await alice.login()
    fault.down = true
    const response = await expectStatus(
      alice.send('GET', '/strict'),
      503,
      'a strict request during an outage',
    )
    expectSame(await response.json(), { error: 'store_unavailable' }, 'the body')
    expectSame(
      [response.headers.get('retry-after'), response.headers.getSetCookie()],
      ['1', []],
      'the headers',
    )
    await expectStatus(alice.send('GET', '/me'), 503, 'a request before the copy of the marks is there')
    expect(
      events.some(({ type }) => type === 'store_trouble'),
      'the outage is not logged',
    )
    fault.down = false
    await expectStatus(alice.send('GET', '/strict'), 200, 'a strict request after it')
    await expectStatus(alice.send('GET', '/me'), 200, 'a request after it')
  }),
  clause('a strict route needs a live session', async ({ browser }) => {
    const alice = browser()
    await alice.login()
    await expectStatus(alice.send('GET', '/strict'), 200, 'a live session')
    await alice.send('POST', '/auth/logout', { lost: true })
    await expectRefused(alice.send('GET', '/strict', { lost: true }), 'a session that was signed out')
    await expectRefused(alice.send('GET', '/me'), 'the same on any other route')
  }),
  clause('a fault inside a handler is a 503', async ({ send, fault }) => {
    await expectStatus(send('GET /fault'), 200, 'the handler')
    fault.down = true
    const response = await expectStatus(send('GET /fault'), 503, 'the handler during an outage')
    expectSame(response.headers.get('retry-after'), '1', 'Retry-After')
  }),
  clause('a body that cannot be read is a 400 or a 413', async ({ server }) => {
    const post = (body: string, type: string) => {
      return server.fetch('/auth/refresh', { method: 'POST', body, headers: { 'content-type': type } })
    }
    for (const body of ['{', '[]', '"x"', '1', '{"refresh_token":1}', '{"refresh_token":["x"]}']) {
      await expectStatus(post(body, 'application/json'), 400, `the body ${body}`)
    }
    await expectStatus(post('x', 'text/plain'), 400, 'a text')
    await expectStatus(
      post('{"__proto__":{"refresh_token":"x"}}', 'application/json'),
      401,
      'a polluting body',
    )
    const large = JSON.stringify({ refresh_token: 'x'.repeat(9000) })
    await expectStatus(post(large, 'application/json'), 413, 'a large body')
    await expectRefused(post('{"refresh_token":""}', 'application/json'), 'an empty token')
  }),
  clause('the endpoints answer their own paths and methods only', async ({ server }) => {
    for (const [method, path, status] of [
      ['GET', '/auth/refresh', 405],
      ['POST', '/auth/sessions', 405],
      ['GET', '/auth/unknown', 404],
      ['GET', '/authors', 404],
      ['GET', '/auth', 404],
      ['GET', '/auth/jwks.json', 404],
      ['GET', '/auth/jwks.json?x=1', 404],
    ] as const) {
      await expectStatus(server.fetch(path, { method }), status, `${method} ${path}`)
    }
  }),
]
