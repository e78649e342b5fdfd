/** Clauses about signing out and the list of devices. */

import { expect, expectSame } from '../expectations.js'
import { clause, expectRefused, expectStatus, type HttpClause } from './clause.js'
import { ORIGIN } from './scene.js'

/** Logout, everywhere, one device, change of password. */
export const signOutClauses: readonly HttpClause[] = [
  clause('logout ends access and refresh token at once', async ({ browser }) => {
    const alice = browser()
    await alice.login()
    const cookies = await alice.jar.cookies(`${ORIGIN}/auth/refresh`)
    await expectStatus(alice.send('POST', '/auth/logout'), 204, 'the logout')
    expectSame(await alice.jar.cookies(`${ORIGIN}/auth/refresh`), 'own=1', 'the cookies after the logout')
    const copy = browser()
    await copy.jar.keep(
      `${ORIGIN}/auth/`,
      cookies.split('; ').map((pair) => `${pair}; Secure; Path=/`),
    )
    await expectRefused(copy.send('GET', '/me'), 'the access token')
    await expectRefused(copy.send('POST', '/auth/refresh'), 'the refresh token')
  }),
  clause(
    'logout answers 204 to expired, spent and malformed tokens',
    async ({ browser, clock, events, server }) => {
      const alice = browser()
      await alice.login()
      clock.advance(24 * 3600)
      const cookies = await alice.jar.cookies(`${ORIGIN}/auth/logout`)
      for (const cookie of [
        cookies,
        cookies,
        '__Secure-refresh_token=garbage; __Host-access_token=x.y.z',
        '',
      ]) {
        await expectStatus(
          server.fetch('/auth/logout', { method: 'POST', headers: { cookie } }),
          204,
          'a logout',
        )
      }
      expectSame(
        events.filter(({ type }) => type === 'logout').length,
        1,
        'the number of sessions that ended',
      )
      await expectRefused(alice.send('POST', '/auth/refresh'), 'the refresh after the logout')
    },
  ),
  clause(
    'logout by any refresh token that a session ever had ends it',
    async ({ browser, clock, server }) => {
      const alice = browser()
      await alice.login()
      const first = await alice.cookie('refresh_token')
      for (let round = 0; round < 3; round += 1) {
        clock.advance(60)
        await alice.send('POST', '/auth/refresh')
      }
      const headers = { cookie: `__Secure-refresh_token=${first}` }
      await expectStatus(server.fetch('/auth/logout', { method: 'POST', headers }), 204, 'the logout')
      await expectRefused(alice.send('GET', '/me'), 'the session')
    },
  ),
  clause('a bearer client logs out by header or by body', async ({ bearer, send }) => {
    const [one, two] = [await bearer(), await bearer()]
    for (const response of [
      await send('POST /auth/logout', one.access_token),
      await send('POST /auth/logout', undefined, { refresh_token: two.refresh_token }),
    ]) {
      await expectStatus(response, 204, 'the logout')
      expectSame(response.headers.getSetCookie(), [], 'the cookies')
    }
    await expectRefused(send('GET /me', one.access_token), 'the first session')
    await expectRefused(send('GET /me', two.access_token), 'the second session')
  }),
  clause('a logout from another site changes nothing', async ({ browser }) => {
    const alice = browser()
    await alice.login()
    const headers = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
    const response = await expectStatus(alice.send('POST', '/auth/logout', { headers }), 403, 'the logout')
    expectSame(response.headers.getSetCookie(), [], 'the cookies')
    await expectStatus(alice.send('GET', '/me'), 200, 'the session')
  }),
  clause('a logout during an outage is a 503 and changes nothing', async ({ browser, fault }) => {
    const alice = browser()
    await alice.login()
    fault.down = true
    const response = await expectStatus(alice.send('POST', '/auth/logout'), 503, 'the logout')
    expectSame(response.headers.getSetCookie(), [], 'the cookies')
    fault.down = false
    await expectStatus(alice.send('GET', '/me'), 200, 'the session')
  }),
  clause('log out everywhere ends every session of the subject', async ({ browser, bearer, send }) => {
    const [alice, elsewhere, bob] = [browser(), browser(), browser()]
    await alice.login()
    await elsewhere.login()
    await bob.login('bob')
    const app = await bearer()
    await expectStatus(alice.send('POST', '/auth/logout-all'), 204, 'log out everywhere')
    await expectRefused(elsewhere.send('GET', '/me'), 'the other browser')
    await expectRefused(elsewhere.send('POST', '/auth/refresh'), 'its refresh')
    await expectRefused(send('GET /me', app.access_token), 'the app')
    await expectStatus(alice.send('GET', '/me'), 401, 'this browser')
    await expectStatus(bob.send('GET', '/me'), 200, 'another subject')
    await elsewhere.login()
    await expectStatus(elsewhere.send('GET', '/me'), 200, 'a login in the same millisecond')
  }),
  clause('a change of password keeps this session only', async ({ browser, bearer, send }) => {
    const [alice, elsewhere] = [browser(), browser()]
    await alice.login()
    await elsewhere.login()
    const app = await bearer()
    const old = await alice.cookie('access_token')
    await expectStatus(alice.send('POST', '/password'), 204, 'the change of password')
    await expectStatus(alice.send('GET', '/me'), 200, 'this browser')
    await expectStatus(alice.send('POST', '/auth/refresh'), 200, 'its refresh')
    await expectRefused(elsewhere.send('GET', '/me'), 'the other browser')
    await expectRefused(
      send('POST /auth/refresh', undefined, { refresh_token: app.refresh_token }),
      'the app',
    )
    expect((await alice.cookie('access_token')) !== old, 'the reply carried no new access token')
  }),
  clause('a bearer client that changes its password refreshes', async ({ bearer, send }) => {
    const app = await bearer()
    const response = await expectStatus(
      send('POST /password', app.access_token),
      204,
      'the change of password',
    )
    expectSame(response.headers.getSetCookie(), [], 'the cookies')
    await expectRefused(send('GET /me', app.access_token), 'the old access token')
    const json = { refresh_token: app.refresh_token }
    const { access_token } = await (await send('POST /auth/refresh', undefined, json)).json()
    await expectStatus(send('GET /me', access_token), 200, 'the refreshed session')
  }),
  clause('devices are listed and signed out one by one', async ({ browser, bearer, send }) => {
    const [alice, elsewhere, bob] = [browser(), browser(), browser()]
    await elsewhere.login()
    await alice.login()
    await bob.login('bob')
    const list = async () => (await (await alice.send('GET', '/auth/sessions')).json()).sessions
    const before = await list()
    expectSame(
      before.map(({ current }: { current: boolean }) => current).sort(),
      [false, true],
      'the current marks',
    )
    expectSame(
      Object.keys(before[0]).sort(),
      ['createdAt', 'current', 'device', 'id', 'lastSeenAt'],
      'the fields',
    )
    const mine = before.find(({ current }: { current: boolean }) => !current).id
    await expectStatus(bob.send('DELETE', `/auth/sessions/${mine}`), 204, 'the attempt of another subject')
    await expectStatus(elsewhere.send('GET', '/me'), 200, 'the device after it')
    await expectStatus(alice.send('DELETE', `/auth/sessions/${mine}`), 204, 'the sign-out of a device')
    await expectRefused(elsewhere.send('GET', '/me'), 'the device')
    expectSame((await list()).length, 1, 'the number of devices')
    const app = await bearer()
    await expectStatus(send('GET /auth/sessions', app.access_token), 200, 'the list of a bearer client')
    const own = (await list()).find(({ current }: { current: boolean }) => current).id
    await expectStatus(alice.send('DELETE', `/auth/sessions/${own}`), 204, 'the sign-out of this device')
    expectSame(await alice.jar.cookies(`${ORIGIN}/auth/`), 'own=1', 'the cookies after it')
  }),
]
