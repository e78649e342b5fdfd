/** What must hold while Redis is in trouble, and after. */

import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import {
  type Answer,
  alarms,
  type Holder,
  holderOf,
  refresh,
  type Server,
  signIn,
  signOut,
  tally,
  visit,
} from './fleet.js'

/** In milliseconds: a second by design, and what a busy machine adds. */
const IN_TIME = 1300
const RECOVERED = 2000
/** Tokens are older than this when they are refreshed, so that each refresh writes. */
export const OVERLAP = 1
/** A route that always asks the store, whatever the program. */
const STRICT = '/auth/sessions'

/** Who is signed in when a fault begins. */
export interface People {
  readonly bearer: Holder
  readonly browser: Holder
  readonly leaving: Holder
  readonly revoked: Holder
}

/** Signs them in, one of them out again, and waits until a refresh writes. */
export const people = async (server: Server, overlap = OVERLAP): Promise<People> => {
  const revoked = await signIn(server)
  const found = {
    bearer: await signIn(server),
    browser: await signIn(server, 'cookie'),
    leaving: await signIn(server),
    revoked,
  }
  expect((await visit(server, '/me', revoked)).status).toBe(200)
  expect((await signOut(server, revoked)).status).toBe(204)
  await pause(overlap * 1000 + 50)
  return found
}

/** What must be written, or be read from the store: 503, soon, with advice and without a cookie. */
export const expectRefused = (answers: readonly Answer[]): void => {
  expect(tally(answers)).toEqual({ 503: answers.length })
  expect(answers.filter(({ headers }) => headers['set-cookie'] !== undefined)).toEqual([])
  expect(answers.filter(({ headers }) => !headers['retry-after'])).toEqual([])
  expect(Math.max(...answers.map(({ took }) => took))).toBeLessThan(IN_TIME)
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
    for (const { took } of [first, second, bad]) expect(took).toBeLessThan(IN_TIME)
  }
}

/** Asks until it is no longer 503; nothing else may come before what is expected. */
export const recovery = async (ask: () => Promise<Answer>, status = 200) => {
  const since = performance.now()
  let answer = await ask()
  while (answer.status === 503) {
    await pause(20)
    answer = await ask()
  }
  const after = performance.now() - since
  expect(answer.status).toBe(status)
  expect(after).toBeLessThan(RECOVERED)
  return { after, answer }
}

/** Everybody is as signed in as before; resolves to how long that took. */
export const expectUnharmed = async (server: Server, there: People): Promise<number> => {
  const { after, answer } = await recovery(() => refresh(server, there.bearer))
  const next = holderOf(answer)
  const cookies = holderOf(await refresh(server, there.browser))
  for (const path of [STRICT, '/me']) {
    // A circuit that has opened lets somebody try every half second.
    for (const holder of [next, cookies]) await recovery(() => visit(server, path, holder))
    expect((await visit(server, path, there.revoked)).status).toBe(401)
  }
  expect((await refresh(server, there.revoked)).status).toBe(401)
  expect((await signOut(server, there.leaving)).status).toBe(204)
  expect((await refresh(server, there.leaving)).status).toBe(401)
  expect((await visit(server, STRICT, there.leaving)).status).toBe(401)
  expect(holderOf(await refresh(server, next)).refresh).toBe(next.refresh)
  await signIn(server)
  expect(alarms([server])).toEqual([])
  return after
}
