/** Clauses about guarded routes: credentials, refusals, other sites, faults. */

import { expect, expectSame } from '../store-contract/clause.js'
import { clause, cookieLines, expectRefused, expectStatus, type HttpClause } from './clause.js'
import { ORIGIN } from './scene.js'

const BAD_TOKENS = ['x', 'a.b.c', `${'x'.repeat(9000)}`, 'eyJhbGciOiJub25lIn0.e30.', 'ü', '..', 'null']
const UNSAFE = ['POST'] as const

/** Guard, challenge and the endpoints' edges. */
export const guardClauses: readonly HttpClause[] = [
  clause('one refusal for every bad token', async ({ bearer, send, clock, browser, events }) => {
    const { access_token } = await bearer()
    const answers = []
    for (const token of [
      ...BAD_TOKENS.filter((text) => text !== 'ü'),
      `${access_token}x`,
      access_token.slice(0, -4),
    ]) {
      answers.push(await expectRefused(send('GET', '/me', token), 'a bad token'))
    }
    clock.advance(700)
    answers.push(await expectRefused(send('GET', '/me', access_token), 'an expired token'))
    const challenges = new Set(answers.map(({ headers }) => headers.get('www-authenticate')))
    expectSame([...challenges], ['Bearer realm="app", error="invalid_token"'], 'the challenges')
    expectSame(
      [...new Set(answers.map(({ headers }) => headers.get('cache-control')))],
      ['no-store'],
      'the caching',
    )
    const absent = await expectStatus(browser().send('GET', '/me'), 401, 'a request without a token')
    expectSame(absent.headers.get('www-authenticate'), 'Bearer realm="app"', 'its challenge')
    expect(
      events.some((event) => event.type === 'request_rejected' && event.reason === 'expired'),
      'the reason is not logged',
    )
  }),
  clause('bad cookies are refused like bad headers', async ({ server }) => {
    for (const token of BAD_TOKENS) {
      const cookie = `__Host-access_token=${encodeURIComponent(token)}`
      await expectRefused(server.fetch('/me', { headers: { cookie } }), 'a bad access cookie')
      const headers = { cookie: `__Secure-refresh_token=${encodeURIComponent(token)}` }
      await expectRefused(server.fetch('/auth/refresh', { method: 'POST', headers }), 'a bad refresh cookie')
    }
  }),
  clause('a presented header never falls back to the cookie', async ({ browser }) => {
    const alice = browser()
    await alice.login()
    for (const authorization of ['Bearer x', 'Bearer', 'Basic YTpi', 'Bearer a b', 'Bearer a,b', '']) {
      const response = await alice.send('GET', '/me', { headers: { authorization } })
      if (authorization === '') continue
      await expectRefused(response, `the header "${authorization}"`)
      expectSame(response.headers.getSetCookie(), [], 'the cookies of a refused header')
    }
    await expectStatus(alice.send('GET', '/me'), 200, 'the cookie alone')
  }),
  clause('two Authorization headers are none', async ({ bearer, server }) => {
    const { access_token } = await bearer()
    const line: [string, string] = ['authorization', `Bearer ${access_token}`]
    await expectRefused(server.fetch('/me', { headers: [line, line] }), 'two headers')
    await expectStatus(server.fetch('/me', { headers: [line] }), 200, 'one header')
  }),
  clause('the scheme is read in any case', async ({ bearer, server }) => {
    const { access_token } = await bearer()
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const headers = { authorization: `${scheme} ${access_token}` }
      await expectStatus(server.fetch('/me', { headers }), 200, `the scheme ${scheme}`)
    }
    await expectStatus(server.fetch(`/me?access_token=${access_token}`), 401, 'a token in the query')
  }),
  clause('optional lets nobody in under a bad name', async ({ browser, bearer, send }) => {
    const anonymous = await expectStatus(browser().send('GET', '/maybe'), 200, 'an anonymous request')
    expectSame(await anonymous.json(), { subject: null }, 'the anonymous answer')
    expect(/cookie/i.test(anonymous.headers.get('vary') ?? ''), 'Vary does not name Cookie')
    const { access_token } = await bearer()
    expectSame(
      await (await send('GET', '/maybe', access_token)).json(),
      { subject: 'alice' },
      'the known answer',
    )
    await expectRefused(send('GET', '/maybe', 'x.y.z'), 'a bad token')
  }),
  clause('maxAuthAge asks for a fresh login', async ({ browser, clock }) => {
    const alice = browser()
    await alice.login()
    await expectStatus(alice.send('GET', '/recent'), 200, 'a fresh login')
    clock.advance(200)
    await alice.send('POST', '/auth/refresh')
    const response = await expectStatus(alice.send('GET', '/recent'), 401, 'an old login with a fresh token')
    const challenge = response.headers.get('www-authenticate')
    expectSame(challenge, 'Bearer realm="app", error="insufficient_user_authentication"', 'the challenge')
  }),
  clause('a cookie that was never ours is expired alone', async ({ browser }) => {
    const alice = browser()
    await alice.login()
    await alice.jar.keep(`${ORIGIN}/`, ['__Host-access_token=garbage; Path=/; Secure'])
    const response = await alice.send('GET', '/me')
    expectSame(
      cookieLines(response).map((line) => line.split('; ').slice(0, 2)),
      [['__Host-access_token=', 'Max-Age=0']],
      'the cookies of a 401',
    )
    await expectStatus(alice.send('POST', '/auth/refresh'), 200, 'the refresh')
  }),
  clause('a late 401 leaves the renewed cookies alone', async ({ browser, clock }) => {
    const alice = browser()
    await alice.login()
    clock.advance(700)
    const late = await alice.send('GET', '/me', { lost: true })
    await expectStatus(alice.send('POST', '/auth/refresh'), 200, 'the refresh that another request asked for')
    await alice.jar.keep(`${ORIGIN}/me`, late.headers.getSetCookie())
    await expectStatus(alice.send('GET', '/me'), 200, 'a request after the late 401')
  }),
  clause('two cookies of one name are refused', async ({ browser, server }) => {
    const alice = browser()
    await alice.login()
    const cookies = await alice.jar.cookies(`${ORIGIN}/auth/refresh`)
    const headers = { cookie: `__Host-access_token=tossed; __Secure-refresh_token=tossed; ${cookies}` }
    await expectRefused(server.fetch('/me', { headers }), 'two access cookies')
    await expectRefused(server.fetch('/auth/refresh', { method: 'POST', headers }), 'two refresh cookies')
    await expectStatus(alice.send('GET', '/me'), 200, 'the session')
    await expectStatus(
      server.fetch('/auth/logout', { method: 'POST', headers }),
      204,
      'the logout all the same',
    )
    await expectRefused(alice.send('GET', '/me'), 'the session after the logout')
  }),
  clause('cookie names are compared to the byte', async ({ browser, server }) => {
    const alice = browser()
    await alice.login()
    const token = await alice.cookie('access_token')
    for (const name of [
      '__host-access_token',
      '\u00a0__Host-access_token',
      '__Host-access_token%20',
      'access_token',
    ]) {
      const cookie = `${encodeURI(name).replace(/%25/g, '%')}=${token}`
      await expectStatus(server.fetch('/me', { headers: { cookie } }), 401, `the cookie ${name}`)
    }
  }),
  clause('unsafe requests with cookies must come from the site', async ({ browser }) => {
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
  clause('programs without a browser need no origin', async ({ browser, server }) => {
    const alice = browser()
    await alice.login()
    const cookie = await alice.jar.cookies(`${ORIGIN}/me`)
    await expectStatus(
      server.fetch('/me', { method: 'POST', headers: { cookie } }),
      200,
      'a POST without Origin',
    )
  }),
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
  clause('a store that is down is not a bad token', async ({ browser, fault, events }) => {
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
    await expectStatus(send('GET', '/fault'), 200, 'the handler')
    fault.down = true
    const response = await expectStatus(send('GET', '/fault'), 503, 'the handler during an outage')
    expectSame(response.headers.get('retry-after'), '1', 'Retry-After')
  }),
  clause('a preflight passes unauthenticated', async ({ server }) => {
    const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' }
    const response = await server.fetch('/me', { method: 'OPTIONS', headers })
    expect(
      response.status !== 401 && response.status !== 403,
      `the preflight was answered with ${response.status}`,
    )
  }),
  clause('bad bodies are the fault of the client', async ({ server }) => {
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
  clause('the endpoints keep to their paths', async ({ server }) => {
    for (const [method, path, status] of [
      ['GET', '/auth/refresh', 405],
      ['POST', '/auth/sessions', 405],
      ['GET', '/auth/unknown', 404],
      ['GET', '/authors', 404],
      ['GET', '/auth', 404],
      ['GET', '/auth/jwks.json?x=1', 200],
    ] as const) {
      await expectStatus(server.fetch(path, { method }), status, `${method} ${path}`)
    }
  }),
]
