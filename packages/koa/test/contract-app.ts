import type { HttpUnderTest } from '@auth/contracts'
import { serve } from '@auth/testkit'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import type Koa from 'koa'
import { createAuth } from '../src/index.js'

/** The application of the HTTP contract, in either major of Koa. */
export const contractApp =
  (Framework: typeof Koa): HttpUnderTest['start'] =>
  async (options) => {
    const auth = createAuth(options)
    const app = new Framework()
    app.silent = true
    const router = new Router()
    router.post('/login', bodyParser(), async (ctx) => {
      ctx.cookies.set('own', '1', { httpOnly: false, path: '/' })
      const input = ctx.request.body as { subject: string }
      const { tokens } = await auth.login(ctx, input)
      ctx.body = { subject: input.subject, ...tokens }
    })
    router.all('/me', auth.guard(), (ctx) => {
      ctx.body = ctx.state.auth
    })
    router.all('/maybe', auth.guard({ optional: true }), (ctx) => {
      ctx.body = { subject: ctx.state.auth?.subject ?? null }
    })
    router.get('/raw', auth.guard(), (ctx) => {
      ctx.respond = false
      ctx.res.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>')
    })
    router.get('/cached', auth.guard({ optional: true }), (ctx) => {
      ctx.set('Cache-Control', 'public, s-maxage=600')
      ctx.body = '<p>'
    })
    router.get('/broken', auth.guard(), () => {
      throw new Error('broken')
    })
    router.post('/login-raw', bodyParser(), async (ctx) => {
      await auth.login(ctx, ctx.request.body as { subject: string })
      ctx.respond = false
      ctx.res.writeHead(303, { Location: '/', 'Set-Cookie': 'own=1; Path=/' }).end()
    })
    router.get('/recent', auth.guard({ maxAuthAge: 60 }), (ctx) => {
      ctx.body = ctx.state.auth
    })
    router.get('/strict', auth.guard({ revocation: 'store' }), (ctx) => {
      ctx.body = ctx.state.auth
    })
    router.post('/password', auth.guard(), async (ctx) => {
      const { subject, sessionId } = ctx.state.auth
      await auth.revoke({ subject, keep: sessionId }, ctx)
      ctx.status = 204
    })
    router.get('/fault', async (ctx) => {
      ctx.body = await auth.sessions('anybody')
    })
    app.use(auth.endpoints())
    app.use(router.routes())
    return serve((port, host, ready) => app.listen(port, host, ready))
  }
