// @ts-check
/** A Koa application that already had users, and now has sessions: the lines with `auth` are all it took. */

import { createServer } from 'node:http'
import { createAuth, memoryStore } from '@auth/koa'
import { redisStore } from '@auth/store-redis'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import {
  errorReply,
  listen,
  loginForm,
  openUsers,
  orExit,
  page,
  passwordForm,
  profile,
  readSettings,
} from 'example-app'
import Koa from 'koa'

const settings = await orExit(readSettings)
const users = await orExit(() => openUsers(settings.databaseFile))

const auth = await orExit(() =>
  createAuth({
    secret: settings.secret,
    store: settings.redisUrl ? redisStore(settings.redisUrl) : memoryStore(),
    origins: settings.origins,
    accessTtl: settings.accessTtl,
    overlap: settings.overlap,
    leeway: settings.leeway,
    // Asked at login and at every refresh: a new role comes with the next access token, null ends the session.
    claims: (id) => {
      const user = users.byId(id)
      return user?.active ? { name: user.name, role: user.role } : null
    },
  }),
)

const router = new Router()
const json = bodyParser({ enableTypes: ['json'], jsonLimit: '100kb' })

router.post('/login', json, async (ctx) => {
  const { email, password, remember, transport } = loginForm(ctx.request.body)
  // Taken before the slow password check: if all sessions of this user are revoked meanwhile, this login fails too.
  const asOf = await auth.core.asOf(users.byEmail(email)?.id ?? 'nobody')
  const user = await users.check(email, password)
  if (!user) {
    ctx.status = 401
    ctx.body = { error: 'invalid_credentials' }
    return
  }
  const { tokens } = await auth.login(ctx, { subject: user.id, remember, transport, asOf })
  ctx.body = { user: profile(user), ...tokens } // `tokens` is there for bearer clients only; browsers have cookies
})

router.get('/me', auth.guard(), (ctx) => {
  const { subject, sessionId, tokenId, claims, expiresAt } = ctx.state.auth
  ctx.set('Cache-Control', 'no-store')
  ctx.body = { subject, sessionId, tokenId, claims, expiresAt }
})

router.post('/password', auth.guard({ revocation: 'store' }), json, async (ctx) => {
  const { current, next } = passwordForm(ctx.request.body)
  const { subject, sessionId } = ctx.state.auth
  if (!(await users.changePassword(subject, current, next))) {
    ctx.status = 403 // not 401: the session is fine
    ctx.body = { error: 'invalid_credentials' }
    return
  }
  await auth.revoke({ subject, keep: sessionId }, ctx) // whoever knew the old password is out, on every device
  ctx.status = 204
})

router.get('/{*path}', (ctx, next) => {
  const file = page(ctx.path)
  if (!file) return next()
  ctx.set(file.headers)
  ctx.body = file.body
})

const app = new Koa()
app.use(async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    const { status, headers, body } = errorReply(error)
    ctx.set(headers)
    ctx.status = status
    ctx.body = body
  }
})
app.use(auth.endpoints()) // POST /auth/refresh, /auth/logout, /auth/logout-all, GET /auth/sessions ...
app.use(router.routes())
app.use((ctx) => {
  ctx.status = 404
  ctx.body = { error: 'not_found' }
})

listen(createServer(app.callback()), {
  name: 'Koa',
  settings,
  close: async () => {
    await auth.close()
    users.close()
  },
})
