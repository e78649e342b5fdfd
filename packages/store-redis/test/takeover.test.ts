/** Two servers with a Redis connection each take over one old session at once, and what was ended stays ended for both. */

import { type AuthRequest, createHttpAuth, type TakeoverReader } from '@auth/core/http'
import { type RedisServer, startRedis } from '@auth/testkit'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisStore } from '../src/index.js'
import { patient } from './session.js'

const DAY = 86_400_000
let redis: RedisServer
let clients: readonly Redis[]
beforeAll(async () => {
  redis = await startRedis()
  clients = [patient(redis.url), patient(redis.url)]
})
afterAll(async () => {
  for (const client of clients) client.disconnect()
  await redis.stop()
})

const reader: TakeoverReader = {
  name: 'old',
  cookie: 'old',
  read: async ({ header }) => {
    const id = header('cookie').join().split('=')[1] ?? ''
    const session = { authenticatedAt: Date.now() - DAY, expiresAt: null, persistent: true }
    return { id, subject: id.split('-')[0] as string, ...session }
  },
}
const request = (cookie: string): AuthRequest => ({
  method: 'GET',
  url: '/me',
  header: (name) => (name === 'cookie' ? [`old=${cookie}`] : []),
  host: () => 'app.example.test',
  body: async () => undefined,
  source: {},
})
const open = () =>
  clients.map((client) =>
    createHttpAuth({
      secret: 'k7Vq2mXw9ZtR4bNc8Lp1HsYd6FgJ3uAe',
      environment: 'production',
      store: redisStore(client),
      onEvent: () => undefined,
      takeover: { reader, until: Date.now() + 30 * DAY },
    }),
  )

test('fifty first requests of each of ten old sessions make ten sessions; none comes back once it is ended', async () => {
  const servers = open()
  const visit = async (at: number, cookie: string) => {
    const outcome = await servers[at % 2]?.guard()(request(cookie))
    return outcome?.reply ? outcome.reply.status : outcome?.principal?.sessionId
  }
  for (let device = 0; device < 10; device += 1) {
    const visits = Array.from({ length: 50 }, (_, at) => visit(at, `alice-${device}`))
    const sessions = new Set(await Promise.all(visits))
    expect([sessions.size, typeof [...sessions][0]]).toEqual([1, 'string'])
  }
  expect(await redisStore(clients[0] as Redis).list('alice')).toHaveLength(10)
  await servers[0]?.revoke({ subject: 'alice' })
  const late = Array.from({ length: 50 }, (_, at) => visit(at, `alice-${at % 20}`))
  expect(new Set(await Promise.all(late))).toEqual(new Set([401]))
  expect(await redisStore(clients[1] as Redis).list('alice')).toEqual([])
  await Promise.all(servers.map((server) => server.core.close()))
})
