import { memoryStore } from '@auth/store-memory'
import { serve } from '@auth/testkit'
import Koa from 'koa'
import { expect, test } from 'vitest'
import { createAuth } from '../src/index.js'

test('cookies of a silent renewal survive a handler that throws', async () => {
  let ahead = 0
  const now = () => Date.now() + ahead
  const secret = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
  const store = memoryStore({ now })
  const auth = createAuth({
    secret,
    environment: 'production',
    renewal: 'silent',
    store,
    now,
    onEvent: () => undefined,
  })
  const app = new Koa()
  app.silent = true
  app.use(async (ctx, next) => {
    if (ctx.path !== '/login') return next()
    await auth.login(ctx, { subject: 'alice' })
    ctx.status = 204
  })
  app.use(auth.guard())
  app.use((ctx) => ctx.throw(404))
  const server = await serve((port, host, ready) => app.listen(port, host, ready))
  const pairs = (response: Response) => response.headers.getSetCookie().map((line) => line.split(';')[0])
  let cookie = pairs(await server.fetch('/login', { method: 'POST' })).join('; ')
  for (let load = 0; load < 12; load += 1) {
    ahead += 700_000
    const page = { cookie, 'sec-fetch-mode': 'navigate', accept: 'text/html' }
    const response = await server.fetch('/broken', { headers: page })
    expect([response.status, pairs(response).length]).toEqual([404, 2])
    cookie = pairs(response).join('; ')
  }
  await server.close()
  await auth.close()
})
