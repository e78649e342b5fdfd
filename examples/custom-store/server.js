// @ts-check
/** Sessions that survive a restart: sign in, end this process, start it again, and you are still signed in. */

import { createAuth } from '@auth/express'
import express from 'express'
import { sqliteStore } from './sqlite-store.js'

const DEMO_SECRET = 'only-for-this-demonstration-R7kq2mXw'
const isDemo = process.env.NODE_ENV === 'development'
const auth = createAuth({
  // A file of sessions is worth nothing without the secret that they were opened under: both have to stay.
  secret: process.env.SESSION_SECRET ?? (isDemo ? DEMO_SECRET : undefined),
  store: sqliteStore(process.env.SESSION_FILE ?? 'sessions.db'),
})

const app = express()
app.use(auth.endpoints()) // POST /auth/refresh, /auth/logout, /auth/logout-all, GET /auth/sessions ...
app.post('/login', async (req, res) => {
  await auth.login(req, res, { subject: 'demo' }) // after your own check of the password
  res.json({ hello: 'demo' })
})
app.get('/me', auth.guard(), (_req, res) => res.json(res.locals.auth))

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`The custom store example runs on http://localhost:${address.port}`)
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => auth.close()))
