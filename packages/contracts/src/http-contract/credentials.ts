/** Clauses about which token of a request counts: one rule for guarded routes, refresh and logout. */

import { expect, expectSame } from '../expectations.js'
import { clause, expectRefused, expectStatus, type HttpClause } from './clause.js'
import { ORIGIN } from './scene.js'

const BASIC = 'Basic c3RhZ2luZzpvcGVu'
const OTHER_SCHEMES = [BASIC, 'Digest username="a"', 'Negotiate abc', 'Bearerx y', 'Basic']
const BAD_BEARER = ['Bearer', 'Bearer ', 'bearer a b', 'Bearer a,b', 'Bearer\ta']

/** Credentials beside each other. */
export const credentialClauses: readonly HttpClause[] = [
  clause('an Authorization header of another scheme is no credential', async ({ browser, clock }) => {
    for (const authorization of OTHER_SCHEMES) {
      const alice = browser()
      const headers = { authorization }
      await expectStatus(
        alice.send('POST', '/login', { json: { subject: 'alice' }, headers }),
        200,
        'the login',
      )
      await expectStatus(alice.send('GET', '/me', { headers }), 200, `a request under "${authorization}"`)
      clock.advance(60)
      await expectStatus(alice.send('POST', '/auth/refresh', { headers }), 200, 'the refresh')
      await expectStatus(alice.send('POST', '/auth/logout', { headers, lost: true }), 204, 'the logout')
      await expectRefused(alice.send('GET', '/me', { headers }), 'the session after the logout')
    }
  }),
  clause('a Bearer header decides over the cookies, well-formed or not', async ({ browser, bearer }) => {
    const alice = browser()
    await alice.login()
    const app = await bearer('bob')
    const authorization = `Bearer ${app.access_token}`
    const me = await expectStatus(
      alice.send('GET', '/me', { headers: { authorization } }),
      200,
      'both credentials',
    )
    expectSame((await me.json()).subject, 'bob', 'who it is')
    for (const bad of [...BAD_BEARER, 'Bearer x']) {
      const headers = { authorization: bad }
      await expectRefused(alice.send('GET', '/me', { headers }), `a request under "${bad}"`)
    }
    for (const path of ['/auth/refresh', '/auth/logout']) {
      const headers = { authorization: 'Bearer a b' }
      await expectRefused(alice.send('POST', path, { headers }), `POST ${path} under a malformed header`)
    }
    await expectStatus(alice.send('GET', '/me'), 200, 'the cookie session after all of it')
  }),
  clause(
    'a refresh token in the body decides over the cookies beside it',
    async ({ browser, bearer, clock, send }) => {
      const web = browser()
      await web.login('alice')
      const app = await bearer('alice')
      clock.advance(60)
      const json = { refresh_token: app.refresh_token }
      const response = await expectStatus(web.send('POST', '/auth/refresh', { json }), 200, 'the refresh')
      const next = await response.json()
      expect(
        typeof next.refresh_token === 'string' && next.refresh_token !== app.refresh_token,
        'the body was not refreshed',
      )
      expectSame(response.headers.getSetCookie(), [], 'the cookies')
      const logout = { json: { refresh_token: next.refresh_token } }
      await expectStatus(web.send('POST', '/auth/logout', logout), 204, 'the logout')
      await expectRefused(send('GET /me', next.access_token), 'the session of the body')
      await expectStatus(web.send('GET', '/me'), 200, 'the session of the cookies')
    },
  ),
  clause(
    'a logout that answers 2xx has ended what was presented',
    async ({ browser, bearer, server, send }) => {
      const alice = browser()
      await alice.login()
      const cookies = await alice.jar.cookies(`${ORIGIN}/auth/logout`)
      const junk = Array.from({ length: 6 }, (_, at) => `__Secure-refresh_token=rt1.junk${at}`).join('; ')
      const headers = { cookie: `${junk}; ${cookies.replace(/__Host-access_token=[^;]*;? ?/, '')}` }
      await expectStatus(
        server.fetch('/auth/logout', { method: 'POST', headers }),
        204,
        'a logout behind junk',
      )
      await expectRefused(alice.send('GET', '/me'), 'the session behind the junk')

      const bob = browser()
      await bob.login('bob')
      const refresh = await bob.cookie('refresh_token')
      const access = `__Host-access_token=${await bob.cookie('access_token')}`
      const mixed = { cookie: access, 'content-type': 'application/json' }
      const body = JSON.stringify({ refresh_token: refresh })
      await expectStatus(
        server.fetch('/auth/logout', { method: 'POST', headers: mixed, body }),
        204,
        'a logout by body',
      )
      await expectRefused(bob.send('GET', '/me'), 'the session that the body named')

      const app = await bearer('carol')
      const both = { authorization: `Bearer ${app.access_token}`, 'content-type': 'application/json' }
      const given = JSON.stringify({ refresh_token: 'rt1.garbage' })
      await expectStatus(
        server.fetch('/auth/logout', { method: 'POST', headers: both, body: given }),
        204,
        'by header',
      )
      await expectRefused(send('GET /me', app.access_token), 'the session of the header')
    },
  ),
]
