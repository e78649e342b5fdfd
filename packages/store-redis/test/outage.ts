/** What must hold while Redis is in trouble, and after. */

import { setTimeout as pause } from 'node:timers/promises'
import type { TokenStore } from '@auth/core'
import { expect } from 'vitest'
import {
  type Answer,
  age,
  alarms,
  type Holder,
  holderOf,
  refresh,
  type Server,
  signOut,
  tally,
  visit,
} from './fleet.js'

/** How long an end to an outage is waited for, in milliseconds: no promise, only the end of the test's patience. */
const PATIENCE = 30_000
/** In seconds. Sessions are older when a fault begins, so that their next refresh writes. */
export const OVERLAP = 30
/** A route that always asks the store, whatever the program. */
const STRICT = '/auth/sessions'

/** Who is signed in when a fault begins. */
export interface People {
  readonly bearer: Holder
  readonly browser: Holder
  readonly leaving: Holder
  readonly revoked: Holder
}

/** Asks until it is no longer 503; nothing else may come before what is expected. Resolves to how long that took as well. */
export const recovery = async (ask: () => Promise<Answer>, status = 200) => {
  const since = performance.now()
  let answer = await ask()
  while (answer.status === 503 && performance.now() - since < PATIENCE) {
    await pause(20)
    answer = await ask()
  }
  expect(answer.status).toBe(status)
  return { after: performance.now() - since, answer }
}

/** Signs them in, and one of them out again. @param store - of the same Redis, to make their sessions older */
export const people = async (server: Server, store: TokenStore): Promise<People> => {
  const login = async (transport: 'bearer' | 'cookie' = 'bearer') =>
    holderOf((await recovery(() => server.login(transport))).answer)
  const revoked = await login()
  const found = { bearer: await login(), browser: await login('cookie'), leaving: await login(), revoked }
  await recovery(() => visit(server, '/me', revoked))
  await recovery(() => signOut(server, revoked), 204)
  await age(store, found.bearer, found.browser, found.leaving)
  return found
}

/** What must be written, or be read from the store: 503, with advice and without a cookie. */
export const expectRefused = (answers: readonly Answer[]): void => {
  expect(tally(answers)).toEqual({ 503: answers.length })
  expect(answers.filter(({ headers }) => headers['set-cookie'] !== undefined)).toEqual([])
  expect(answers.filter(({ headers }) => !headers['retry-after'])).toEqual([])
}

/** All that needs the store. */
export const writes = (server: Server, { bearer, browser, leaving }: People): Promise<Answer[]> =>
  Promise.all([
    refresh(server, bearer),
    refresh(server, browser),
    signOut(server, leaving),
    server.login('bearer'),
    server.login('cookie'),
  ])

/** Guarded requests are answered right or with 503, and never wrong. */
export const expectHonest = async (server: Server, { bearer, browser, revoked }: People): Promise<void> => {
  for (const path of ['/me', STRICT]) {
    const [first, second, bad] = await Promise.all([
      visit(server, path, bearer),
      visit(server, path, browser),
      visit(server, path, revoked),
    ])
    expect([200, 503]).toContain(first.status)
    expect([200, 503]).toContain(second.status)
    expect([401, 503]).toContain(bad.status)
    expect([first, second, bad].filter(({ headers }) => headers['set-cookie'])).toEqual([])
  }
}

/** Everybody is as signed in as before; resolves to how long that took. */
export const expectUnharmed = async (server: Server, there: People): Promise<number> => {
  const { after, answer } = await recovery(() => refresh(server, there.bearer))
  const next = holderOf(answer)
  const cookies = holderOf((await recovery(() => refresh(server, there.browser))).answer, there.browser)
  for (const path of [STRICT, '/me']) {
    // A circuit that has opened lets one request try every half second.
    for (const holder of [next, cookies]) await recovery(() => visit(server, path, holder))
    await recovery(() => visit(server, path, there.revoked), 401)
  }
  await recovery(() => refresh(server, there.revoked), 401)
  await recovery(() => signOut(server, there.leaving), 204)
  await recovery(() => refresh(server, there.leaving), 401)
  await recovery(() => visit(server, STRICT, there.leaving), 401)
  await recovery(() => refresh(server, next))
  await recovery(() => server.login('bearer'))
  expect(alarms([server])).toEqual([])
  return after
}
