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
    app.get('/maybe', auth.guard({ optional: true }), (_req, res) => {
      res.json({ subject: res.locals.auth?.subject ?? null })
    })
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
    return serve((port, host, ready) => app.listen(port, host, ready))
  }
