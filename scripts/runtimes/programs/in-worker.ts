/** What a Worker must do: core and Hono in process, and an application that lives through many requests. */

import { Hono } from 'hono'
import { createAuth } from '../../../packages/hono/src/index.js'
import { inProcess } from '../../../packages/hono/test/contract-app.js'
import { memoryStore } from '../../../packages/store-memory/src/index.js'
import { coreTrials } from './core-trials.js'
import { httpTrials } from './http-trials.js'
import { tryAll } from './trial.js'

// At module scope, where Workers allow neither random values nor timers.
const auth = createAuth({
  secret: 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5',
  store: memoryStore(),
  claims: () => ({ role: 'admin' }),
})

const app = new Hono()
app.use(auth.endpoints())
app.get('/verdict', async (c) => c.json(await tryAll([...coreTrials, ...httpTrials('Hono', inProcess)])))
app.post('/login', async (c) => {
  await auth.login(c, { subject: '1' })
  return c.json({ hello: 'Demo' })
})
app.get('/me', auth.guard(), (c) => c.json(c.var.auth))

export default { fetch: app.fetch }
