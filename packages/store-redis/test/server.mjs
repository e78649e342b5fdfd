// @ts-check
/** A server of its own process for the tests beside it: the built packages on Redis, its events as lines of JSON. */

import { createAuth } from '@auth/express'
import { clusterOptions, redisOptions, redisStore } from '@auth/store-redis'
import express from 'express'
import { Cluster, Redis } from 'ioredis'

const {
  PORT,
  SESSION_SECRET = '',
  REDIS_URL = '',
  REDIS_CLUSTER,
  REDIS_SENTINEL,
  REDIS_WAIT,
  AUTH_OVERLAP = '10',
} = process.env

const source = () => {
  const opened = REDIS_CLUSTER
    ? new Cluster(
        REDIS_CLUSTER.split(',').map((port) => ({ host: '127.0.0.1', port: Number(port) })),
        clusterOptions,
      )
    : REDIS_SENTINEL
      ? new Redis({
          ...redisOptions,
          name: 'primary',
          sentinels: [{ host: '127.0.0.1', port: Number(REDIS_SENTINEL) }],
        })
      : REDIS_URL
  if (typeof opened !== 'string') opened.on('error', () => undefined)
  return opened
}

const auth = createAuth({
  secret: SESSION_SECRET,
  store: redisStore(source(), REDIS_WAIT ? { wait: { replicas: 1, timeout: Number(REDIS_WAIT) } } : {}),
  ...(AUTH_OVERLAP === '0' ? { rotation: 'strict' } : { overlap: Number(AUTH_OVERLAP) }),
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
})

const app = express()
app.use(auth.endpoints())
app.post('/login', express.json(), async (req, res) => {
  const { email: subject, transport } = req.body
  const { tokens } = await auth.login(req, res, { subject, transport })
  res.json(tokens ?? {})
})
app.get('/me', auth.guard(), (_req, res) => void res.json(res.locals.auth))
app.get('/strict', auth.guard({ revocation: 'store' }), (_req, res) => void res.json(res.locals.auth))
app.post('/password', auth.guard({ revocation: 'store' }), async (_req, res) => {
  const { subject, sessionId } = res.locals.auth
  await auth.revoke({ subject, keep: sessionId }, res)
  res.status(204).end()
})
app.get('/heap', (_req, res) => {
  globalThis.gc?.()
  res.json(process.memoryUsage().heapUsed)
})
/** @type {express.ErrorRequestHandler} */
const onError = (error, _req, res, _next) => {
  const { status = 500, headers = {}, code = String(error) } = error
  res.status(status).set(headers).json({ error: code })
}
app.use(onError)
app.listen(Number(PORT), '127.0.0.1')
