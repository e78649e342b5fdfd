import type { ContractServer, HttpUnderTest } from '@auth/contracts'
import { serve } from '@auth/testkit'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import type { HTTPException } from 'hono/http-exception'
import { createAuth } from '../src/index.js'

/** The routes of the contract, for whatever calls a `fetch` handler. */
export const appOf = (options: Parameters<HttpUnderTest['start']>[0]) => {
  const auth = createAuth(options)
  const app = new Hono()
  app.use(auth.endpoints())
  app.post('/login', async (c) => {
    c.header('Set-Cookie', 'own=1; Path=/', { append: true })
    const input = await c.req.json()
    const { tokens } = await auth.login(c, input)
    return c.json({ subject: input.subject, ...tokens })
  })
  app.all('/me', auth.guard(), (c) => c.json(c.var.auth))
  app.all('/maybe', auth.guard({ optional: true }), (c) => c.json({ subject: c.var.auth?.subject ?? null }))
  app.get('/raw', auth.guard(), () => new Response('<p>', { headers: { 'Content-Type': 'text/html' } }))
  app.get('/cached', auth.guard({ optional: true }), () => {
    return new Response('<p>', { headers: { 'Cache-Control': 'public, s-maxage=600' } })
  })
  app.get('/broken', auth.guard(), () => {
    throw new Error('broken')
  })
  app.onError((error, c) =>
    'getResponse' in error ? (error as HTTPException).getResponse() : c.json({}, 500),
  )
  app.post('/login-raw', async (c) => {
    await auth.login(c, await c.req.json())
    return new Response(null, { status: 303, headers: { Location: '/', 'Set-Cookie': 'own=1; Path=/' } })
  })
  app.get('/recent', auth.guard({ maxAuthAge: 60 }), (c) => c.json(c.var.auth))
  app.get('/strict', auth.guard({ revocation: 'store' }), (c) => c.json(c.var.auth))
  app.post('/password', auth.guard(), async (c) => {
    const { subject, sessionId } = c.var.auth
    await auth.revoke({ subject, keep: sessionId }, c)
    return c.body(null, 204)
  })
  app.get('/fault', async (c) => c.json(await auth.sessions('anybody')))
  return app
}

/** The application of the HTTP contract on Node's sockets. */
export const onNode: HttpUnderTest['start'] = async (options) => {
  const server = createAdaptorServer({ fetch: appOf(options).fetch })
  return serve((port, host, ready) => server.listen(port, host, ready) as never)
}

/** The same application without any socket, as a Worker or a test would call it. */
export const inProcess: HttpUnderTest['start'] = async (options): Promise<ContractServer> => {
  const app = appOf(options)
  const pairs = (headers: HeadersInit = {}): [string, string][] => {
    const list = Array.isArray(headers)
      ? (headers as [string, string][])
      : Object.entries(headers as Record<string, string>)
    return list.filter(([, value]) => value !== '')
  }
  return {
    fetch: async (path, init = {}) => app.request(path, { ...init, headers: pairs(init.headers) }),
    close: async () => undefined,
  }
}
