/** Clauses about the overlap of 30 s: inside it refresh tokens leave only with a write. */

import type { AuthEvent } from '@auth/core'
import { expect, expectSame } from '../expectations.js'
import { clause, cookieLines, expectStatus, type HttpClause } from './clause.js'
import { type Browser, ORIGIN } from './scene.js'

const refreshed = (browser: Browser, lost = false) => browser.send('POST', '/auth/refresh', { lost })

const alarms = (events: readonly AuthEvent[]): number =>
  events.filter(({ type }) => type === 'reuse_detected').length

/** What browsers and bearer clients keep while their exchanges overlap. */
export const overlapClauses: readonly HttpClause[] = [
  clause(
    'inside the overlap a browser gets an access token and keeps its refresh token',
    async ({ browser, clock }) => {
      const alice = browser()
      await alice.login()
      clock.advance(700)
      await expectStatus(refreshed(alice), 200, 'the refresh')
      const kept = await alice.cookie('refresh_token')
      const access = await alice.cookie('access_token')
      for (const what of ['at once', 'at the end of the overlap']) {
        const response = await expectStatus(refreshed(alice), 200, `a second refresh ${what}`)
        const names = cookieLines(response).map((line) => line.split('=')[0])
        expectSame(names, ['__Host-access_token'], 'the cookies of the second refresh')
        clock.advance(what === 'at once' ? 29 : 0)
      }
      expectSame(await alice.cookie('refresh_token'), kept, 'the refresh token in the jar')
      expect((await alice.cookie('access_token')) !== access, 'the second refresh gave no new access token')
    },
  ),
  clause('a late answer of the overlap leaves the jar as it is', async ({ browser, clock, events }) => {
    const alice = browser()
    await alice.login()
    for (let round = 0; round < 3; round += 1) {
      clock.advance(31)
      const answers = [1, 2, 3].map(() => refreshed(alice, true))
      for (const answer of (await Promise.all(answers)).reverse()) {
        await alice.jar.keep(`${ORIGIN}/auth/refresh`, answer.headers.getSetCookie())
      }
      clock.advance(31)
      await expectStatus(refreshed(alice), 200, 'a refresh by what the jar holds')
      await expectStatus(alice.send('GET', '/me'), 200, 'a request after it')
    }
    expectSame(alarms(events), 0, 'the number of alarms')
  }),
  clause(
    'inside the overlap a bearer client gets back what it presented',
    async ({ bearer, send, clock }) => {
      const tokens = await bearer()
      clock.advance(20)
      const json = { refresh_token: tokens.refresh_token }
      const held = await (
        await expectStatus(send('POST /auth/refresh', undefined, json), 200, 'the refresh')
      ).json()
      expectSame(held.refresh_token, tokens.refresh_token, 'the refresh token')
      expectSame(held.refresh_expires_in, 1_210_210, 'what is left of the session')
      await expectStatus(send('GET /me', held.access_token), 200, 'a request with the new access token')
      clock.advance(20)
      const next = await (await send('POST /auth/refresh', undefined, json)).json()
      expect(
        next.refresh_token !== tokens.refresh_token,
        'the refresh token was not rotated after the overlap',
      )
      expectSame(next.refresh_expires_in, 1_210_230, 'what is left after the rotation')
    },
  ),
  clause(
    'a bearer client that refreshes one at a time and stores what it gets stays signed in',
    async ({ bearer, send, clock, events }) => {
      let stored = (await bearer()).refresh_token
      const lost = new Set([31, 700, 45])
      for (const pause of [1, 5, 31, 2, 600, 31, 30, 700, 31, 3600, 1, 45, 31, 40]) {
        clock.advance(pause)
        const json = { refresh_token: stored }
        const response = await expectStatus(send('POST /auth/refresh', undefined, json), 200, 'a refresh')
        // The answer of every refresh after one of these pauses gets lost.
        if (!lost.has(pause)) stored = (await response.json()).refresh_token
      }
      expectSame(alarms(events), 0, 'the number of alarms')
    },
  ),
  clause(
    'concurrent bearer refreshes that store by compare-and-set stay signed in',
    async ({ bearer, send, clock, events }) => {
      let stored = (await bearer()).refresh_token
      /** Sends a refresh; the answer is stored later, and only where storage still holds what was sent. */
      const exchange = async () => {
        const sent = stored
        const response = await expectStatus(
          send('POST /auth/refresh', undefined, { refresh_token: sent }),
          200,
          'a refresh',
        )
        const { refresh_token: got } = await response.json()
        return () => {
          if (stored === sent) stored = got
        }
      }
      for (let round = 0; round < 12; round += 1) {
        clock.advance(round % 3 === 0 ? 31 : 10)
        const answers = [await exchange(), await exchange()]
        clock.advance(5)
        const late = await exchange()
        for (const store of round % 2 ? answers : [...answers].reverse()) store()
        late()
      }
      expectSame(alarms(events), 0, 'the number of alarms')
    },
  ),
]
