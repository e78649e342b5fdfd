/** The application before and after a migration: one with express-jwt, one with this library. */

import { createHmac } from 'node:crypto'
import type { ContractServer } from '@auth/contracts'
import { serve } from '@auth/testkit'
import express, { type ErrorRequestHandler } from 'express'
import { expressjwt } from 'express-jwt'
import { createAuth, memoryStore } from '../src/index.js'

export const OLD_SECRET = 'b2xkIHNlY3JldCBvZiB0aGUgYXBwbGljYXRpb24tMQ'
export const SECRET = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
export const ALICE = { sub: 'alice', role: 'admin' }

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** As jsonwebtoken signs. */
export const sign = (payload: object, secret = OLD_SECRET, header: object = {}) => {
  const iat = Math.floor(Date.now() / 1000)
  const text = `${base64({ alg: 'HS256', typ: 'JWT', ...header })}.${base64({ iat, exp: iat + 600, ...payload })}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

const closing: (() => unknown)[] = []

/** Ends everything that was started. */
export const closeAll = () => Promise.all(closing.splice(0).map((close) => close()))

type App = ReturnType<typeof express>
/** Serves an application whose errors arrive as JSON. */
export const served = async (build: (app: App) => unknown): Promise<ContractServer> => {
  const app = express()
  build(app)
  const failed: ErrorRequestHandler = (error, _req, res, _next) =>
    void res.status(error.status ?? 500).json({ name: error.name, code: error.code })
  app.use(failed)
  const server = await serve((port, host, ready) => app.listen(port, host, ready))
  closing.push(server.close)
  return server
}

/** An application as it was: a guarded route that answers what the middleware found. */
export const oldApp = (options: object, property = 'auth') =>
  served((app) =>
    app.get('/me', expressjwt({ secret: OLD_SECRET, algorithms: ['HS256'], ...options }), (req, res) => {
      res.json((req as unknown as Record<string, unknown>)[property] ?? null)
    }),
  )

/** The same application now, its clock `ahead` by so many seconds. */
export const newApp = async (options: object = {}, guard: object = {}) => {
  const clock = { ahead: 0 }
  const now = () => Date.now() + clock.ahead * 1000
  const events: { type: string; reason?: string | undefined }[] = []
  const auth = createAuth({
    secret: SECRET,
    environment: 'production',
    store: memoryStore({ now }),
    claims: () => ({ role: 'admin' }),
    now,
    onEvent: (event) => events.push(event),
    ...options,
  })
  closing.push(auth.close)
  const server = await served((app) =>
    app.get('/me', auth.guard(guard), (_req, res) => void res.json(res.locals.auth)),
  )
  const login = () => auth.core.login({ subject: 'alice', transport: 'bearer' })
  return { auth, clock, events, server, login }
}

/** What `/me` answers. */
export const ask = async (server: ContractServer, token?: string, headers: Record<string, string> = {}) => {
  const all = { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const response = await server.fetch('/me', { headers: all })
  return { status: response.status, body: await response.json().catch(() => null), headers: response.headers }
}
