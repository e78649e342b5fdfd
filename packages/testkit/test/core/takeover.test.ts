/** Takeover through HTTP as plain data: one session per old one, nothing ended comes back, no old cookie lasts for ever. */

import { fakeClock, modelStore } from '@auth/contracts'
import type { AuthEvent } from '@auth/core'
import {
  type AuthRequest,
  createHttpAuth,
  type OldSession,
  type TakeoverOptions,
  type TakeoverReader,
} from '@auth/core/http'
import { expect, test } from 'vitest'

const SECRET = 'k7Vq2mXw9ZtR4bNc8Lp1HsYd6FgJ3uAe'
const DAY = 86_400_000

const open = (takeover: Partial<TakeoverOptions> = {}, start = Date.UTC(2026, 0, 1)) => {
  const clock = fakeClock(start)
  const store = modelStore(clock.now)
  const events: AuthEvent[] = []
  /** The sessions of the old mechanism, by the value of its cookie. */
  const old = new Map<string, OldSession>()
  const reader: TakeoverReader = {
    name: 'old',
    cookie: 'old.sid',
    read: async ({ header }) =>
      old.get(/(?:^|; )old\.sid=([^;]*)/.exec(header('cookie').join('; '))?.[1] ?? '') ?? null,
    end: async ({ id }) => {
      old.delete(String(id))
      return ['old.sid=; Path=/; Max-Age=0']
    },
  }
  const options = { reader, until: start + 30 * DAY, ...takeover }
  const process = () =>
    createHttpAuth({
      secret: SECRET,
      environment: 'production',
      store,
      now: clock.now,
      onEvent: (e) => events.push(e),
      takeover: options,
    })
  const signInOld = (id: string, subject = 'alice', authenticatedAt: number | null = start - DAY) => {
    old.set(id, { id, subject, authenticatedAt, expiresAt: null, persistent: true })
    return `old.sid=${id}`
  }
  return { clock, store, events, old, http: process(), other: process(), signInOld }
}

const request = (cookie: string, headers: Record<string, string> = {}, method = 'GET'): AuthRequest => {
  const all: Record<string, string> = { cookie, ...headers }
  return {
    method,
    url: '/me',
    header: (name) => (all[name] ? [all[name]] : []),
    host: () => 'app.example.test',
    body: async () => undefined,
    source: {},
  }
}

type Answer = {
  readonly reply: { status: number } | null
  readonly headers?: readonly (readonly [string, string])[]
}
const cookiesOf = (headers: Answer['headers'] = []) =>
  headers.flatMap(([name, line]) => (name === 'Set-Cookie' ? [line.split(';')[0] as string] : []))

const visit = async (http: ReturnType<typeof createHttpAuth>, presented: AuthRequest) => {
  const outcome = await http.guard()(presented)
  return outcome.reply
    ? { status: outcome.reply.status, sid: null, cookies: cookiesOf(outcome.reply.headers), principal: null }
    : {
        status: 200,
        sid: outcome.principal?.sessionId,
        cookies: cookiesOf(outcome.headers),
        principal: outcome.principal,
      }
}
const SAME = { 'sec-fetch-site': 'same-origin' }
const refreshed = (http: ReturnType<typeof createHttpAuth>, cookie: string) =>
  http.refresh(request(cookie, SAME, 'POST'))

test('fifty first requests in two processes make one session with tokens of one generation', async () => {
  const { http, other, store, signInOld, events } = open()
  const cookie = signInOld('a')
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) => visit(at % 2 ? http : other, request(cookie))),
  )
  expect(new Set(answers.map(({ status, sid }) => `${status} ${sid}`)).size).toBe(1)
  expect(
    new Set(answers.map(({ cookies }) => cookies.find((line) => line.includes('refresh_token')))).size,
  ).toBe(1)
  expect(await store.list('alice')).toHaveLength(1)
  expect(events.filter(({ type }) => type === 'taken_over')).toHaveLength(1)
  expect(answers[0]?.principal?.authenticatedAt).toBe(Date.UTC(2026, 0, 1) - DAY)
})

test('a lost first answer loses nothing; a late old cookie gives no refresh token, and ends nothing', async () => {
  const { http, clock, signInOld, events } = open()
  const cookie = signInOld('a')
  await visit(http, request(cookie))
  clock.advance(3600)
  const again = await visit(http, request(cookie))
  expect([again.status, again.cookies.length]).toEqual([200, 2])
  const { headers } = await refreshed(http, `${cookie}; ${again.cookies.join('; ')}`)
  const within = await visit(http, request(cookie))
  expect([within.status, within.cookies.length]).toEqual([200, 1])
  clock.advance(60)
  expect((await visit(http, request(cookie))).status).toBe(401)
  expect(
    events.some((event) => event.type === 'request_rejected' && event.reason === 'takeover_replayed'),
  ).toBe(true)
  expect((await visit(http, request(cookiesOf(headers).join('; ')))).status).toBe(200)
})

test('what was ended stays ended: logout, log out everywhere, a session that was never taken over', async () => {
  const { http, clock, signInOld, old } = open()
  const [a, b] = [signInOld('a'), signInOld('b')]
  const first = await visit(http, request(a))
  // The old store would still have it: only what we remember keeps it out.
  const kept = old.get('a') as OldSession
  await http.logout(request(first.cookies.join('; '), SAME, 'POST'))
  old.set('a', kept)
  expect((await visit(http, request(a))).status).toBe(401)
  clock.advance(1)
  await http.revoke({ subject: 'alice' })
  expect((await visit(http, request(b))).status).toBe(401)
  clock.advance(20 * 86_400)
  expect((await visit(http, request(a))).status).toBe(401)
  expect((await visit(http, request(b))).status).toBe(401)
})

test('a first takeover leaves the other devices alone, and logout with an old cookie alone ends it', async () => {
  const { http, signInOld, old } = open()
  const [a, b, c] = [signInOld('a'), signInOld('b'), signInOld('c')]
  await visit(http, request(a))
  expect((await visit(http, request(b))).status).toBe(200)
  const kept = old.get('c') as OldSession
  await http.logout(request(c, SAME, 'POST'))
  expect(old.has('c')).toBe(false)
  old.set('c', kept)
  expect((await visit(http, request(c))).status).toBe(401)
})

test('the old session ends at the first refresh where `end` says so, and leads where it does not', async () => {
  const ending = open({ end: true })
  const a = ending.signInOld('a')
  const first = await visit(ending.http, request(a))
  ending.clock.advance(60)
  const outcome = await refreshed(ending.http, `${a}; ${first.cookies.join('; ')}`)
  expect([outcome.error, ending.old.size]).toEqual([null, 0])
  expect(cookiesOf(outcome.headers)).toContain('old.sid=')

  const leashed = open()
  const b = leashed.signInOld('b')
  const second = await visit(leashed.http, request(b))
  leashed.clock.advance(60)
  leashed.old.clear()
  const refused = await refreshed(leashed.http, `${b}; ${second.cookies.join('; ')}`)
  expect(refused.error?.reason).toBe('takeover_ended')
  expect(await leashed.store.list('alice')).toEqual([])
})

test.each([
  { name: 'a bearer token beside it', headers: { authorization: 'Bearer x' }, extra: '' },
  { name: 'a dead cookie of ours beside it', headers: {}, extra: '; __Secure-refresh_token=x' },
  { name: 'two old cookies', headers: {}, extra: '; old.sid=b' },
  {
    name: 'an image on another site',
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    extra: '',
  },
  {
    name: 'a frame on another site',
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    extra: '',
  },
])('nothing is taken over with $name', async ({ headers, extra }) => {
  const { http, store, signInOld } = open()
  const cookie = signInOld('a')
  expect((await visit(http, request(cookie + extra, headers as Record<string, string>))).status).toBe(401)
  expect(await store.list('alice')).toEqual([])
})

test('a link from another site and an unsafe request by the own page are taken over, a forged one is not', async () => {
  const { http, signInOld } = open()
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  expect((await visit(http, request(signInOld('a'), link))).status).toBe(200)
  expect((await visit(http, request(signInOld('b'), SAME, 'POST'))).status).toBe(200)
  const evil = { origin: 'https://evil.test' }
  expect((await visit(http, request(signInOld('c'), evil, 'POST'))).status).toBe(403)
})

test('the way ends at `until`, goes by share, and passes no maxAuthAge that the old login would not', async () => {
  const { http, clock, signInOld } = open()
  const cookie = signInOld('a')
  const strict = await http.guard({ maxAuthAge: 60 })(request(cookie))
  expect(strict.reply?.status).toBe(401)
  clock.advance((30 * DAY) / 1000)
  expect((await visit(http, request(signInOld('b')))).status).toBe(401)

  const half = open({ share: 0.5 })
  const taken = []
  for (let at = 0; at < 200; at += 1)
    taken.push((await visit(half.http, request(half.signInOld(`s${at}`, `u${at}`)))).status)
  const share = taken.filter((status) => status === 200).length
  expect(share > 60 && share < 140).toBe(true)
})

test('an old store that is down, or never answers, is a 503 and no verdict', async () => {
  const { signInOld, store, clock } = open()
  const cookie = signInOld('a')
  const reader = {
    name: 'old',
    cookie: 'old.sid',
    read: () => Promise.reject(new Error('connection refused')),
  }
  const http = createHttpAuth({
    secret: SECRET,
    environment: 'production',
    store,
    now: clock.now,
    onEvent: () => undefined,
    takeover: { reader, until: clock.now() + DAY },
  })
  expect((await visit(http, request(cookie))).status).toBe(503)
})
