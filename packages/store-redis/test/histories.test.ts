import { modelStore } from '@auth/contracts'
import { firstDifference, histories, type RedisServer, startRedis } from '@auth/testkit'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisOptions, redisStore } from '../src/index.js'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

test('under random histories Redis and the model cannot be told apart', async () => {
  const client = new Redis(server.url, redisOptions)
  let run = 0
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      run += 1
      const store = redisStore(client, { prefix: `run${run}` })
      // The clock of a real server cannot be moved, so both live in real time, and nothing ends by itself in it.
      const steps = history.filter(({ call }) => call !== 'advance')
      const clock = { now: Date.now, advance: () => undefined, pace: 1000 }
      expect(await firstDifference([store, modelStore()], clock, steps)).toBeNull()
    }),
    { numRuns: 60 },
  )
  client.disconnect()
}, 180_000)
