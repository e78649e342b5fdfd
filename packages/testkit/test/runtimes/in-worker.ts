/** What a Worker must do: the contracts in process, and an application that lives through many requests. */

import { Hono } from 'hono'
import { createAuth } from '../../../hono/src/index.js'
import { inProcess } from '../../../hono/test/contract-app.js'
import { memoryStore } from '../../../store-memory/src/index.js'
import { httpTrials, storeTrials, tryAll } from './trials.js'

// At module scope, where Workers allow neither random values nor timers.
const auth = createAuth({
  secret: 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5',
  store: memoryStore(),
  claims: () => ({ role: 'admin' }),
})

const app = new Hono()
app.use(auth.endpoints())
app.post('/login', async (c) => {
  await auth.login(c, { subject: '1' })
  return c.json({ hello: 'Demo' })
})
app.get('/me', auth.guard(), (c) => c.json(c.var.auth))

/** The Worker itself, asked from outside: each request has an I/O context of its own. */
interface Self {
  readonly self: { fetch(url: string, init?: RequestInit): Promise<Response> }
}

const story = async ({ self }: Self): Promise<void> => {
  const ask = async (method: string, path: string, cookie = '') => {
    const response = await self.fetch(`https://app.example${path}`, { method, headers: { cookie } })
    await response.arrayBuffer()
    return response
  }
  const expect = (actual: unknown, wanted: unknown) => {
    if (`${actual}` !== `${wanted}`) throw new Error(`${actual} instead of ${wanted}`)
  }
  const login = await ask('POST', '/login')
  const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0])
  const me = async () => (await ask('GET', '/me', cookie.join('; '))).status
  expect(
    await Promise.all(Array.from({ length: 20 }, me)),
    Array.from({ length: 20 }, () => 200),
  )
  expect((await ask('POST', '/auth/logout', cookie.join('; '))).status, 204)
  expect(await me(), 401)
}

export default {
  fetch: app.fetch,
  test: (_controller: unknown, env: Self) =>
    tryAll([
      ...storeTrials,
      ...httpTrials('Hono', inProcess),
      { name: 'one session through many requests', run: () => story(env) },
    ]),
}
