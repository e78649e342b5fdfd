import type { HttpUnderTest } from '@auth/contracts'
import { serve } from '@auth/testkit'
import type express from 'express'
import { createAuth } from '../src/index.js'

/** The application of the HTTP contract, in either major of Express. */
export const contractApp =
  (framework: typeof express): HttpUnderTest['start'] =>
  async (options) => {
    const auth = createAuth(options)
    const app = framework()
    app.use(auth.endpoints())
    app.post(
      '/login',
      framework.json(),
      auth.handler(async (req: express.Request, res: express.Response) => {
        res.cookie('own', '1')
        const { tokens } = await auth.login(req, res, req.body)
        res.json({ subject: req.body.subject, ...tokens })
      }),
    )
    app.all('/me', auth.guard(), (_req, res) => void res.json(res.locals.auth))
    app.all('/maybe', auth.guard({ optional: true }), (_req, res) => {
      res.json({ subject: res.locals.auth?.subject ?? null })
    })
    app.get(
      '/raw',
      auth.guard(),
      (_req, res) => void res.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'),
    )
    app.get('/cached', auth.guard({ optional: true }), (_req, res) => {
      res.set('Cache-Control', 'public, s-maxage=600').send('<p>')
    })
    app.get('/broken', auth.guard(), () => {
      throw new Error('broken')
    })
    app.post(
      '/login-raw',
      framework.json(),
      auth.handler(async (req: express.Request, res: express.Response) => {
        await auth.login(req, res, req.body)
        res.writeHead(303, { Location: '/', 'Set-Cookie': 'own=1; Path=/' }).end()
      }),
    )
    app.get('/recent', auth.guard({ maxAuthAge: 60 }), (_req, res) => void res.json(res.locals.auth))
    app.get('/strict', auth.guard({ revocation: 'store' }), (_req, res) => void res.json(res.locals.auth))
    app.post('/password', auth.guard(), async (_req, res) => {
      const { subject, sessionId } = res.locals.auth
      await auth.revoke({ subject, keep: sessionId }, res)
      res.status(204).end()
    })
    app.get(
      '/fault',
      auth.handler(async (_req: express.Request, res: express.Response) => {
        res.json(await auth.sessions('anybody'))
      }),
    )
    app.use((_error: unknown, _req: express.Request, res: express.Response, next: express.NextFunction) => {
      const known = _error as { status?: number }
      if (known.status) next(_error)
      else res.status(500).json({})
    })
    return serve((port, host, ready) => app.listen(port, host, ready))
  }
