// @ts-check
/** A Hono application that already had users, and now has sessions: the lines with `auth` are all it took. */

import { createAuth, memoryStore } from '@auth/hono'
import { redisStore } from '@auth/store-redis'
import { createAdaptorServer } from '@hono/node-server'
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
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { validator } from 'hono/validator'

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

const app = new Hono()
app.use(auth.endpoints()) // POST /auth/refresh, /auth/logout, /auth/logout-all, GET /auth/sessions ...

const small = bodyLimit({
  maxSize: 100_000,
  onError: (c) => {
    c.header('Connection', 'close') // the server will not wait for the rest: nothing may follow it
    throw new HTTPException(413)
  },
})

app.post('/login', small, validator('json', loginForm), async (c) => {
  const { email, password, remember, transport } = c.req.valid('json')
  // Taken before the slow password check: if all sessions of this user are revoked meanwhile, this login fails too.
  const asOf = await auth.core.asOf(users.byEmail(email)?.id ?? 'nobody')
  const user = await users.check(email, password)
  if (!user) return c.json({ error: 'invalid_credentials' }, 401)
  const { tokens } = await auth.login(c, { subject: user.id, remember, transport, asOf })
  return c.json({ user: profile(user), ...tokens }) // `tokens` is there for bearer clients only; browsers have cookies
})

app.get('/me', auth.guard(), (c) => {
  const { subject, sessionId, tokenId, claims, expiresAt } = c.var.auth
  return c.json({ subject, sessionId, tokenId, claims, expiresAt }, 200, { 'Cache-Control': 'no-store' })
})

app.post(
  '/password',
  auth.guard({ revocation: 'store' }),
  small,
  validator('json', passwordForm),
  async (c) => {
    const { current, next } = c.req.valid('json')
    const { subject, sessionId } = c.var.auth
    if (!(await users.changePassword(subject, current, next))) {
      return c.json({ error: 'invalid_credentials' }, 403) // not 401: the session is fine
    }
    await auth.revoke({ subject, keep: sessionId }, c) // whoever knew the old password is out, on every device
    return c.body(null, 204)
  },
)

app.get('*', (c, next) => {
  const file = page(c.req.path)
  return file ? Promise.resolve(c.body(file.body, 200, file.headers)) : next()
})

app.notFound((c) => c.json({ error: 'not_found' }, 404))

app.onError((error, c) => {
  const { status, headers, body } = errorReply(error)
  return c.json(body, /** @type {import('hono/utils/http-status').ContentfulStatusCode} */ (status), headers)
})

const server = /** @type {import('node:http').Server} */ (createAdaptorServer(app))
listen(server, {
  name: 'Hono',
  settings,
  close: async () => {
    await auth.close()
    users.close()
  },
})
