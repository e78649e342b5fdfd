/** The way back: what a reader sets or takes away is what the old application goes by, in the real libraries. */

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decode as decode5, encode as encode5 } from 'authjs/jwt'
import cookieSession from 'cookie-session'
import express from 'express'
import { getIronSession, nodeCookies } from 'iron-session'
import Koa, { type Middleware } from 'koa'
import genericSession from 'koa-generic-session'
import koaSessionMiddleware from 'koa-session'
import { decode as decode4, encode as encode4 } from 'next-auth/jwt'
import { afterEach, describe, expect, test } from 'vitest'
import {
  authJs,
  ironSession,
  koaGenericSession,
  koaSession,
  nextAuth,
  cookieSession as readCookieSession,
  type TakeoverReader,
} from '../src/index.js'
import { after, type Cookies, lineOf, MARKER, RETIRED, SECRET, sending } from './request.js'

const HOUR = 3_600_000
const later = (milliseconds: number) => () => Date.now() + milliseconds
const user = 'userId'
const marker = 'authId'

let server: Server | undefined
afterEach(() => {
  server?.close()
  server = undefined
})

/** A running application: `/login` leaves a user in the session, `/me` says whom it finds there. */
const start = async (listener: RequestListener) => {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const send = async (path: string, cookies: Cookies) => {
    const response = await fetch(base + path, { headers: { cookie: lineOf(cookies) } })
    return { body: await response.text(), cookies: after(cookies, response.headers.getSetCookie()) }
  }
  return {
    login: async () => (await send('/login', {})).cookies,
    me: async (cookies: Cookies) => (await send('/me', cookies)).body,
  }
}

type Application = Awaited<ReturnType<typeof start>>

const koa = (keys: string[], middlewareOf: (app: Koa) => unknown): Promise<Application> => {
  const app = new Koa()
  app.keys = keys
  app.use(middlewareOf(app) as Middleware)
  app.use((ctx) => {
    const session = ctx.session as unknown as Record<string, unknown>
    if (ctx.path === '/login') Object.assign(session, { userId: 42, authId: MARKER })
    ctx.body = String(session.userId ?? 'anonymous')
  })
  return start(app.callback())
}

const withCookieSession = (): Promise<Application> => {
  const app = express()
  app.use(cookieSession({ keys: [SECRET] }))
  app.get('/login', (req, res) => {
    req.session = { userId: 42, authId: MARKER } as never
    res.end()
  })
  app.get('/me', (req, res) => void res.send(String(req.session?.userId ?? 'anonymous')))
  return start(app)
}

const withIron = (): Promise<Application> =>
  start(async (req, res) => {
    const options = { cookieName: 'app', password: SECRET }
    const session = await getIronSession<{ userId?: number; authId?: string }>(nodeCookies(req, res), options)
    if (req.url === '/login') {
      Object.assign(session, { userId: 42, authId: MARKER })
      await session.save()
    }
    res.end(String(session.userId ?? 'anonymous'))
  })

/** A store of koa-session, or a client of koa-generic-session, that keeps objects as these libraries give them. */
const memory = () => {
  const rows = new Map<string, { value: object; ttl: unknown }>()
  return {
    rows,
    get: async (key: string) => structuredClone(rows.get(key)?.value),
    set: async (key: string, value: object, ttl?: unknown) =>
      void rows.set(key, { value: { ...value }, ttl }),
    destroy: async (key: string) => void rows.delete(key),
  }
}

const found = async (reader: TakeoverReader, cookies: Cookies) => {
  const session = await reader.read(sending(cookies))
  if (!session) throw new Error('there is no session')
  return session
}

/** Touches a session and gives what the browser holds then. */
const touched = async (reader: TakeoverReader, cookies: Cookies): Promise<Cookies> => {
  const lines = (await reader.touch?.(await found(reader, cookies), sending(cookies))) ?? []
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) expect(line).toMatch(/; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
  return after(cookies, lines)
}

const endIn = async (application: Application, reader: TakeoverReader, cookies: Cookies) => {
  expect(await application.me(cookies)).toBe('42')
  const lines = (await reader.end?.(await found(reader, cookies), sending(cookies))) ?? []
  const left = after(cookies, lines)
  expect(left).toEqual({})
  expect(await application.me(left)).toBe('anonymous')
}

describe('ending a session takes every cookie of it out of the browser', () => {
  const FORMATS: Record<string, [start: () => Promise<Application>, reader: TakeoverReader]> = {
    'cookie-session': [withCookieSession, readCookieSession({ keys: SECRET, user, marker })],
    'koa-session': [
      () => koa([SECRET], (app) => koaSessionMiddleware(app)),
      koaSession({ keys: SECRET, user, marker }),
    ],
    'iron-session': [withIron, ironSession({ password: SECRET, cookie: 'app', user, marker })],
  }
  test.each(Object.entries(FORMATS))('%s', async (_, [begin, reader]) => {
    const application = await begin()
    const cookies = await application.login()
    expect(await found(reader, cookies)).toMatchObject({ id: MARKER, subject: '42' })
    await endIn(application, reader, cookies)
  })

  test.each([
    [
      'koa-session in a store',
      koaSession,
      (store: object) => (app: Koa) => koaSessionMiddleware({ store } as never, app),
    ],
    ['koa-generic-session', koaGenericSession, (store: object) => () => genericSession({ store } as never)],
  ] as const)('%s, and deletes its row', async (_, open, middleware) => {
    const store = memory()
    const application = await koa([SECRET], middleware(store))
    const cookies = await application.login()
    expect(store.rows.size).toBe(1)
    const reader = open({ keys: SECRET, store, user })
    await endIn(application, reader, cookies)
    expect(store.rows.size).toBe(0)
    expect(await application.me(cookies)).toBe('anonymous')
  })

  test('with the path and the domain that it has there', async () => {
    const reader = readCookieSession({
      keys: SECRET,
      user,
      path: '/app',
      domain: 'example.com',
      secure: false,
    })
    const application = await withCookieSession()
    const cookies = await application.login()
    const lines = await reader.end?.(await found(reader, cookies), sending(cookies))
    expect(lines?.map((line) => line.split('; ').slice(3))).toEqual([
      ['Path=/app', 'Domain=example.com', 'HttpOnly', 'SameSite=Lax'],
      ['Path=/app', 'Domain=example.com', 'HttpOnly', 'SameSite=Lax'],
    ])
  })
})

describe('touching a session prolongs it as its own application would', () => {
  test('koa-session in the cookie', async () => {
    const application = await koa([SECRET], (app) => koaSessionMiddleware(app))
    const cookies = await application.login()
    const options = { keys: [SECRET, RETIRED], user, marker }
    const reader = koaSession({ ...options, rolling: true, now: later(HOUR) })
    const renewed = await touched(reader, cookies)
    expect(await application.me(renewed)).toBe('42')
    const before = await found(reader, cookies)
    const { expiresAt, ...same } = await found(reader, renewed)
    expect({ ...same, expiresAt: before.expiresAt }).toEqual(before)
    expect(Number(expiresAt) - Number(before.expiresAt)).toBeGreaterThan(HOUR / 2)
    expect(koaSession(options).touch).toBeUndefined()
  })

  test('koa-session in a store', async () => {
    const store = memory()
    const application = await koa([SECRET], (app) => koaSessionMiddleware({ store } as never, app))
    const cookies = await application.login()
    const [[key = '', made] = []] = [...store.rows]
    const reader = koaSession({ keys: SECRET, store, user, rolling: true, now: later(HOUR) })
    expect(await touched(reader, cookies)).toEqual(cookies)
    const row = store.rows.get(key)
    const expiry = (value: object | undefined) => (value as { _expire: number })._expire
    expect(expiry(row?.value) - expiry(made?.value)).toBeGreaterThan(HOUR / 2)
    expect(row?.ttl).toBe(made?.ttl)
    expect(await application.me(cookies)).toBe('42')
  })

  const COOKIE = '__Secure-session'
  const sub = '42'
  test.each([
    [
      'next-auth 4',
      nextAuth({ secret: SECRET, cookie: COOKIE, marker, now: later(HOUR) }),
      () => encode4({ token: { sub, authId: MARKER }, secret: SECRET }),
      (token: string) => decode4({ token, secret: SECRET }),
    ],
    [
      'Auth.js 5',
      authJs({ secret: [SECRET, RETIRED], cookie: COOKIE, marker, now: later(HOUR) }),
      () => encode5({ token: { sub, authId: MARKER }, secret: SECRET, salt: COOKIE }),
      (token: string) => decode5({ token, secret: SECRET, salt: COOKIE }),
    ],
  ] as const)('%s', async (_, reader, encode, decode) => {
    const cookies = { [COOKIE]: await encode() }
    const [before, renewed] = [await decode(cookies[COOKIE] ?? ''), await touched(reader, cookies)]
    const claims = await decode(renewed[COOKIE] ?? '')
    expect(claims).toMatchObject({ sub, authId: MARKER })
    expect(Number(claims?.exp) - Number(before?.exp)).toBeGreaterThan(3500)
    expect(Number(claims?.exp) - Number(claims?.iat)).toBe(Number(before?.exp) - Number(before?.iat))
    expect(claims?.jti).not.toBe(before?.jti)
    expect(await found(reader, renewed)).toMatchObject({ subject: '42', id: MARKER })
  })

  test('a token in pieces is left as it is', async () => {
    const token = await encode4({ token: { sub, picture: 'x'.repeat(5000) }, secret: SECRET })
    const cookies = { [`${COOKIE}.0`]: token.slice(0, 3933), [`${COOKIE}.1`]: token.slice(3933) }
    const reader = nextAuth({ secret: SECRET, cookie: COOKIE })
    expect(await reader.touch?.(await found(reader, cookies), sending(cookies))).toEqual([])
    const ended = await reader.end?.(await found(reader, cookies), sending(cookies))
    expect(after(cookies, ended ?? [])).toEqual({})
  })

  test('what its application would not prolong is not touched', () => {
    expect(readCookieSession({ keys: SECRET, user }).touch).toBeUndefined()
    expect(ironSession({ password: SECRET, cookie: 'app', user }).touch).toBeUndefined()
  })
})
