// @ts-check
/** An Express application that already had users, and now has sessions: the lines with `auth` are all it took. */

import { createServer } from 'node:http'
import { createAuth, memoryStore } from '@auth/express'
import { redisStore } from '@auth/store-redis'
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
import express from 'express'

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

const app = express()
app.use(auth.endpoints()) // POST /auth/refresh, /auth/logout, /auth/logout-all, GET /auth/sessions ...

app.post('/login', express.json(), async (req, res) => {
  const { email, password, remember, transport } = loginForm(req.body)
  // Taken before the slow password check: if all sessions of this user are revoked meanwhile, this login fails too.
  const asOf = await auth.core.asOf(users.byEmail(email)?.id ?? 'nobody')
  const user = await users.check(email, password)
  if (!user) return res.status(401).json({ error: 'invalid_credentials' })
  const { tokens } = await auth.login(req, res, { subject: user.id, remember, transport, asOf })
  res.json({ user: profile(user), ...tokens }) // `tokens` is there for bearer clients only; browsers have cookies
})

app.get('/me', auth.guard(), (_req, res) => {
  const { subject, sessionId, tokenId, claims, expiresAt } = res.locals.auth
  res.set('Cache-Control', 'no-store').json({ subject, sessionId, tokenId, claims, expiresAt })
})

app.post('/password', auth.guard({ revocation: 'store' }), express.json(), async (req, res) => {
  const { current, next } = passwordForm(req.body)
  const { subject, sessionId } = res.locals.auth
  if (!(await users.changePassword(subject, current, next))) {
    return res.status(403).json({ error: 'invalid_credentials' }) // not 401: the session is fine
  }
  await auth.revoke({ subject, keep: sessionId }, res) // whoever knew the old password is out, on every device
  res.status(204).end()
})

app.get('/{*path}', (req, res, next) => {
  const file = page(req.path)
  if (!file) return next()
  res.set(file.headers).send(file.body)
})

app.use((_req, res) => res.status(404).json({ error: 'not_found' }))

/** @type {express.ErrorRequestHandler} */
const onError = (error, _req, res, next) => {
  if (res.headersSent) return next(error)
  const { status, headers, body } = errorReply(error)
  res.status(status).set(headers).json(body)
}
app.use(onError)

listen(createServer(app), {
  name: 'Express',
  settings,
  close: async () => {
    await auth.close()
    users.close()
  },
})
