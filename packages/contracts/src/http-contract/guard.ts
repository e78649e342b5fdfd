/** Clauses about guarded routes: credentials and refusals. */

import { expect, expectSame } from '../expectations.js'
import { clause, cookieLines, expectRefused, expectStatus, type HttpClause } from './clause.js'
import { ORIGIN } from './scene.js'

const BAD_TOKENS = ['x', 'a.b.c', `${'x'.repeat(9000)}`, 'eyJhbGciOiJub25lIn0.e30.', 'ü', '..', 'null']

/** Guard and challenge. */
export const guardClauses: readonly HttpClause[] = [
  clause('every bad token gets the same refusal', async ({ bearer, send, clock, browser, events }) => {
    const { access_token } = await bearer()
    const answers = []
    for (const token of [
      ...BAD_TOKENS.filter((text) => text !== 'ü'),
      `${access_token}x`,
      access_token.slice(0, -4),
    ]) {
      answers.push(await expectRefused(send('GET /me', token), 'a bad token'))
    }
    clock.advance(700)
    answers.push(await expectRefused(send('GET /me', access_token), 'an expired token'))
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
  clause('two Authorization headers are refused', async ({ bearer, server }) => {
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
  clause('an optional route admits requests without a credential', async ({ browser, bearer, send }) => {
    const anonymous = await expectStatus(browser().send('GET', '/maybe'), 200, 'an anonymous request')
    expectSame(await anonymous.json(), { subject: null }, 'the anonymous answer')
    expect(/cookie/i.test(anonymous.headers.get('vary') ?? ''), 'Vary does not name Cookie')
    const { access_token } = await bearer()
    expectSame(
      await (await send('GET /maybe', access_token)).json(),
      { subject: 'alice' },
      'the known answer',
    )
    await expectRefused(send('GET /maybe', 'x.y.z'), 'a bad token')
  }),
  clause('maxAuthAge refuses an old login, however fresh its token is', async ({ browser, clock }) => {
    const alice = browser()
    await alice.login()
    await expectStatus(alice.send('GET', '/recent'), 200, 'a fresh login')
    clock.advance(200)
    await alice.send('POST', '/auth/refresh')
    const response = await expectStatus(alice.send('GET', '/recent'), 401, 'an old login with a fresh token')
    const challenge = response.headers.get('www-authenticate')
    expectSame(challenge, 'Bearer realm="app", error="insufficient_user_authentication"', 'the challenge')
  }),
  clause('only an access cookie that was never one of ours is expired', async ({ browser }) => {
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
]
