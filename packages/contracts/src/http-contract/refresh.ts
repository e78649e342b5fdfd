/** Clauses about staying signed in: rotation, races, losses and thieves, through HTTP. */

import type { AuthEvent } from '@auth/core'
import { expect, expectSame } from '../expectations.js'
import { clause, cookieLines, expectRefused, expectStatus, type HttpClause } from './clause.js'
import { type Browser, ORIGIN } from './scene.js'

const HOUR = 3600

const refreshed = (browser: Browser, lost = false) => browser.send('POST', '/auth/refresh', { lost })

/** A thief: a browser that has a refresh cookie of another one and nothing else. */
const steal = async (victim: Browser, thief: Browser): Promise<Browser> => {
  const token = await victim.cookie('refresh_token')
  await thief.jar.keep(`${ORIGIN}/auth/refresh`, [`__Secure-refresh_token=${token}; Path=/auth; Secure`])
  return thief
}

const alarms = (events: readonly AuthEvent[]) => events.filter(({ type }) => type === 'reuse_detected')

/** Refresh by the rotation rule. */
export const refreshClauses: readonly HttpClause[] = [
  clause('a refresh renews an expired access token', async ({ browser, clock }) => {
    const alice = browser()
    await alice.login()
    const before = await alice.cookie('refresh_token')
    clock.advance(700)
    await expectRefused(alice.send('GET', '/me'), 'an expired token')
    const response = await expectStatus(refreshed(alice), 200, 'the refresh')
    expectSame(await response.json(), { expires_in: 600 }, 'the body of the refresh')
    expectSame(cookieLines(response).length, 2, 'the number of cookies')
    expectSame(response.headers.get('cache-control'), 'no-store', 'the caching of the refresh')
    await expectStatus(alice.send('GET', '/me'), 200, 'a request after the refresh')
    expect((await alice.cookie('refresh_token')) !== before, 'the refresh token was not rotated')
  }),
  clause('three tabs refreshing at once stay signed in', async ({ browser, clock, events }) => {
    const alice = browser()
    await alice.login()
    for (let round = 0; round < 5; round += 1) {
      clock.advance(HOUR)
      const tabs = await Promise.all([refreshed(alice), refreshed(alice), refreshed(alice)])
      expectSame(
        tabs.map(({ status }) => status),
        [200, 200, 200],
        'the refreshes of three tabs',
      )
      await expectStatus(alice.send('GET', '/me'), 200, 'a request after the refreshes')
    }
    expectSame(alarms(events).length, 0, 'the number of alarms')
  }),
  ...[1, HOUR].map((delay) =>
    clause(
      `a lost response, retried after ${delay} s, keeps the session`,
      async ({ browser, clock, events }) => {
        const alice = browser()
        await alice.login()
        clock.advance(700)
        await expectStatus(refreshed(alice, true), 200, 'the refresh whose response is lost')
        clock.advance(delay)
        await expectStatus(refreshed(alice), 200, 'the repeated refresh')
        await expectStatus(alice.send('GET', '/me'), 200, 'a request after it')
        clock.advance(700)
        await expectStatus(refreshed(alice), 200, 'the next refresh')
        expectSame(alarms(events).length, 0, 'the number of alarms')
      },
    ),
  ),
  clause(
    'an old refresh token ends its session and no other',
    async ({ browser, clock, events, bearer, send }) => {
      const alice = browser()
      await alice.login()
      const other = await bearer()
      const thief = await steal(alice, browser())
      for (let round = 0; round < 2; round += 1) {
        clock.advance(60)
        await refreshed(alice)
      }
      await expectRefused(refreshed(thief), 'a token older than the previous one')
      await expectRefused(alice.send('GET', '/me'), 'the access token of the robbed session')
      await expectRefused(refreshed(alice), 'the refresh token of the robbed session')
      await expectStatus(send('GET /me', other.access_token), 200, 'a session of another device')
      expectSame(alarms(events).length, 1, 'the number of alarms')
      expectSame((alarms(events)[0] as { cause?: string }).cause, 'spent_token', 'the cause')
    },
  ),
  clause('an orphaned refresh token ends its session', async ({ browser, clock, events }) => {
    const alice = browser()
    await alice.login()
    clock.advance(60)
    const thief = await steal(alice, browser())
    await refreshed(thief)
    clock.advance(60)
    await expectStatus(refreshed(alice), 200, 'the refresh of the victim')
    await expectRefused(refreshed(thief), 'the orphan')
    await expectRefused(alice.send('GET', '/me'), 'the robbed session')
    expectSame((alarms(events)[0] as { cause?: string }).cause, 'orphaned_token', 'the cause')
  }),
  clause('many replays at once raise one alarm', async ({ browser, clock, events }) => {
    const alice = browser()
    await alice.login()
    const thief = await steal(alice, browser())
    for (let round = 0; round < 2; round += 1) {
      clock.advance(60)
      await refreshed(alice)
    }
    const replays = await Promise.all(Array.from({ length: 20 }, () => refreshed(thief, true)))
    expectSame([...new Set(replays.map(({ status }) => status))], [401], 'the answers')
    expectSame(alarms(events).length, 1, 'the number of alarms')
  }),
  clause('idle and absolute lifetimes end a session', async ({ browser, clock }) => {
    const [idle, alice] = [browser(), browser()]
    await idle.login()
    await alice.login('bob')
    for (let day = 0; day < 90; day += 10) {
      await expectStatus(refreshed(alice), 200, `the refresh on day ${day}`)
      clock.advance(10 * 24 * HOUR)
    }
    await expectRefused(refreshed(alice), 'a refresh after the absolute end')
    await expectRefused(refreshed(idle), 'a refresh after the idle end')
  }),
  clause(
    'a subject that was disabled since the login is signed out by the next refresh',
    async ({ browser, clock, fault }) => {
      const alice = browser()
      await alice.login()
      clock.advance(60)
      fault.claims = 'null'
      await expectRefused(refreshed(alice), 'the refresh of a disabled subject')
      fault.claims = 'role'
      await expectRefused(alice.send('GET', '/me'), 'the access token of the ended session')
      await expectRefused(refreshed(alice), 'a later refresh')
    },
  ),
  clause('a fault in claims or store ends no session', async ({ browser, clock, fault }) => {
    const alice = browser()
    await alice.login()
    clock.advance(700)
    for (const set of [{ claims: 'throw' }, { down: true, claims: 'role' }] as const) {
      Object.assign(fault, set)
      const response = await expectStatus(refreshed(alice), 503, 'a refresh during a fault')
      expectSame(response.headers.get('retry-after'), '1', 'Retry-After')
      expectSame(response.headers.getSetCookie(), [], 'the cookies of a 503')
    }
    fault.down = false
    await expectStatus(refreshed(alice), 200, 'the refresh after the fault')
  }),
  clause('a refused refresh clears no cookie', async ({ browser, clock }) => {
    const alice = browser()
    await alice.login()
    clock.advance(91 * 24 * HOUR)
    const response = await expectRefused(refreshed(alice), 'a refresh after the end')
    expectSame(response.headers.getSetCookie(), [], 'the cookies')
    await expectStatus(browser().send('POST', '/auth/refresh'), 401, 'a refresh without a token')
  }),
  clause(
    'strict rotation ends the session at every repetition',
    async ({ browser, clock, events }) => {
      const alice = browser()
      await alice.login()
      clock.advance(60)
      await refreshed(alice, true)
      await expectRefused(refreshed(alice), 'the repeated refresh')
      expectSame(alarms(events).length, 1, 'the number of alarms')
    },
    { rotation: 'strict' },
  ),
]
