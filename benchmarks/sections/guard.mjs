/** A guarded `GET /me`: the same application with an empty middleware, with our guard, with the guard of a peer. */

import { load } from '../lib/load.mjs'
import { EXPECTED, KEY, OPTIONS, readFeed, SECRET } from '../lib/tokens.mjs'

const listening = (server) =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ port: server.address().port }))
  })

/** A store of our own in each process; revocation is on, as it is by default. */
const ours = async (adapter) => {
  const { createAuth, memoryStore } = await adapter
  const auth = createAuth({ ...OPTIONS, store: memoryStore() })
  await readFeed(auth.core)
  return auth.guard()
}

const express = (guardOf) => async () => {
  const { default: createApp } = await import('express')
  const { createServer } = await import('node:http')
  const guard = await guardOf()
  const app = createApp()
  app.get('/me', guard, (_req, res) => res.json({ subject: 'alice' }))
  return listening(createServer(app))
}

const koa = (guardOf) => async () => {
  const { default: Koa } = await import('koa')
  const { createServer } = await import('node:http')
  const app = new Koa()
  app.use(await guardOf())
  app.use((ctx) => {
    ctx.body = { subject: 'alice' }
  })
  return listening(createServer(app.callback()))
}

const hono = (guardOf) => async () => {
  const { Hono } = await import('hono')
  const { createAdaptorServer } = await import('@hono/node-server')
  const app = new Hono()
  app.get('/me', await guardOf(), (c) => c.json({ subject: 'alice' }))
  return listening(createAdaptorServer({ fetch: app.fetch }))
}

const expressJwt = async () => {
  const { expressjwt } = await import('express-jwt')
  return expressjwt({ secret: KEY, algorithms: ['HS256'], ...EXPECTED })
}

const koaJwt = async () => {
  const { default: guardBy } = await import('koa-jwt')
  return guardBy({ secret: KEY, algorithms: ['HS256'], ...EXPECTED })
}

const honoJwt = async () => {
  const { jwt } = await import('hono/jwt')
  return jwt({ secret: SECRET, alg: 'HS256', verification: { iss: EXPECTED.issuer, aud: EXPECTED.audience } })
}

const FRAMEWORKS = {
  Express: {
    app: express,
    empty: () => (_req, _res, next) => next(),
    ours: () => ours(import('@auth/express')),
    peer: ['express-jwt', expressJwt],
  },
  Koa: {
    app: koa,
    empty: () => (_ctx, next) => next(),
    ours: () => ours(import('@auth/koa')),
    peer: ['koa-jwt', koaJwt],
  },
  Hono: {
    app: hono,
    empty: () => (_c, next) => next(),
    ours: () => ours(import('@auth/hono')),
    // It refuses every other `typ`.
    peer: ['hono/jwt', honoJwt, 'JWT'],
  },
}

const variantsOf = ([name, { app, empty, ours: guard, peer }]) => [
  [`${name}, empty middleware`, { create: app(empty) }],
  [`${name}, ours`, { create: app(guard) }],
  [`${name}, ${peer[0]}`, { create: app(peer[1]), typ: peer[2] }],
]

const groupsOf = ([name, { peer }]) => {
  const own = [`${name}, empty middleware`, `${name}, ours`]
  const all = [...own, `${name}, ${peer[0]}`]
  return [
    [`${name}, bearer, remembered`, { names: all, measure: load('bearer', 1) }],
    [`${name}, bearer, every token new`, { names: all, measure: load('bearer') }],
    [`${name}, cookie, remembered`, { names: own, measure: load('cookie', 1) }],
    [`${name}, cookie, every token new`, { names: own, measure: load('cookie') }],
  ]
}

export const guard = {
  title: 'A guarded route',
  about:
    'CPU time of the server process per answered `GET /me`. Base: the same application with an empty middleware, sent the same requests.',
  variants: Object.fromEntries(Object.entries(FRAMEWORKS).flatMap(variantsOf)),
  groups: Object.fromEntries(Object.entries(FRAMEWORKS).flatMap(groupsOf)),
}
