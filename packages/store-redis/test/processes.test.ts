import { setTimeout as pause } from 'node:timers/promises'
import { eventually, type RedisServer, startProxy, startRedis, type TcpProxy } from '@auth/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../src/index.js'
import {
  type Answer,
  age,
  alarms,
  figures,
  type Holder,
  holderOf,
  refresh,
  type Server,
  signIn,
  signOut,
  spread,
  startServer,
  tally,
  visit,
} from './fleet.js'
import { recovery } from './outage.js'

/** The default of `maxStaleness`, in milliseconds. */
const MAX_STALENESS = 5000

let redis: RedisServer
let proxy: TcpProxy
const servers: Server[] = []
beforeAll(async () => {
  redis = await startRedis()
  proxy = await startProxy(redis.port)
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
  proxy.pass()
})
afterAll(async () => {
  await Promise.all([proxy?.close(), redis?.stop()])
})

const start = async (count: number, overlap: number): Promise<Server[]> => {
  const env = { REDIS_URL: redis.url, AUTH_OVERLAP: String(overlap) }
  const started = await Promise.all(Array.from({ length: count }, () => startServer(env)))
  servers.push(...started)
  return started
}
const either = (both: readonly Server[], at: number) => both[at % both.length] as Server

/** The number of the refresh token that is held. */
const generationOf = ({ refresh }: Holder): number => Number(refresh.split('.')[3])

describe('two processes on one Redis', () => {
  test('many refreshes of one token at once: one lineage, none lost', async () => {
    const both = await start(2, 30)
    const store = redisStore(redis.url)
    const holders: Holder[] = []
    await spread(40, 20, async (at) => holders.push(await signIn(either(both, at))))
    await age(store, ...holders)
    await store.close()
    const answers: Answer[] = []
    const newest: Holder[] = []
    await spread(holders.length, 2, async (at) => {
      const holder = holders[at] as Holder
      const round = await Promise.all(
        Array.from({ length: 50 }, (_, of) => refresh(either(both, of), holder)),
      )
      answers.push(...round)
      const given = round.filter(({ status }) => status === 200).map((answer) => holderOf(answer))
      const generations = new Set(given.map(generationOf))
      // Of each generation there is one refresh token, in whichever process it was made.
      expect(new Set(given.map((each) => each.refresh)).size).toBe(generations.size)
      newest.push(given.reduce((a, b) => (generationOf(b) > generationOf(a) ? b : a), holder))
    })
    console.log(`refreshes: ${JSON.stringify(tally(answers))}, ${figures(answers.map(({ took }) => took))}`)
    expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([])
    expect(tally(answers)[200]).toBeGreaterThan(answers.length / 2)
    expect(newest.filter((holder) => generationOf(holder) > 1).length).toBeGreaterThan(20)
    await spread(newest.length, 10, async (at) => {
      const holder = newest[at] as Holder
      const { answer } = await recovery(() => refresh(either(both, at), holder))
      await recovery(() => visit(either(both, at + 1), '/strict', holderOf(answer)))
    })
    expect(alarms(both)).toEqual([])
  }, 120_000)

  test.each([{ overlap: 0 }, { overlap: 30 }])(
    'refreshes that race a logout leave nothing alive (overlap $overlap s)',
    async ({ overlap }) => {
      const both = await start(2, overlap)
      const statuses = new Set<number>()
      const holders: Holder[] = []
      await spread(60, 20, async (at) => holders.push(await signIn(either(both, at))))
      const store = redisStore(redis.url)
      await age(store, ...holders)
      await store.close()
      const given = [...holders]
      await spread(holders.length, 5, async (at) => {
        const holder = holders[at] as Holder
        const chain = async (start: number) => {
          let current = holder
          for (let step = 0; step < 4; step += 1) {
            const answer = await refresh(either(both, start + step), current)
            statuses.add(answer.status)
            if (answer.status !== 200) return
            current = holderOf(answer)
            given.push(current)
          }
        }
        const leave = async () => {
          await pause((at % 25) * 1)
          await recovery(() => signOut(either(both, at + 1), holder), 204)
        }
        // Without an overlap a second client with the same token would be a thief.
        await Promise.all([leave(), ...(overlap === 0 ? [chain(at)] : [chain(0), chain(1)])])
      })
      await spread(given.length, 20, async (at) => {
        const holder = given[at] as Holder
        for (const server of both) {
          await eventually(async () => (await visit(server, '/me', holder)).status === 401)
          await recovery(() => visit(server, '/strict', holder), 401)
        }
        await recovery(() => refresh(either(both, at), holder), 401)
      })
      console.log(`${given.length} pairs given in races with a logout, answers ${[...statuses]}`)
      expect([200, 401, 503]).toEqual(expect.arrayContaining([...statuses]))
      expect(alarms(both)).toEqual([])
    },
    120_000,
  )
})

describe('a revocation', () => {
  const revocations = {
    logout: async (server: Server, holder: Holder) => signOut(server, holder),
    'logout everywhere': async (server: Server, { access }: Holder) =>
      server.ask('/auth/logout-all', { method: 'POST', bearer: access }),
  }

  test('in one process is refused by three others', async () => {
    const [first, ...others] = (await start(4, 10)) as [Server, ...Server[]]
    const latencies: number[] = []
    for (let round = 0; round < 10; round += 1) {
      const holder = await signIn(first)
      for (const server of others) expect((await visit(server, '/me', holder)).status).toBe(200)
      const revoke = round % 2 === 0 ? revocations.logout : revocations['logout everywhere']
      await recovery(() => revoke(first, holder), 204)
      const since = performance.now()
      expect((await visit(first, '/me', holder)).status).toBe(401)
      const refused = async (server: Server) => {
        await eventually(async () => (await visit(server, '/me', holder)).status === 401)
        latencies.push(performance.now() - since)
      }
      await Promise.all(others.map(refused))
    }
    console.log(`a revocation reached other processes after: ${figures(latencies)}`)
    expect(latencies.length).toBe(30)
  }, 120_000)

  test('is never missed for longer than maxStaleness where the feed is cut, and nothing else is refused', async () => {
    const [first] = (await start(1, 10)) as [Server]
    const cut = await startServer({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` })
    servers.push(cut)
    const revoked = await signIn(first)
    const kept = await signIn(first)
    expect((await visit(cut, '/me', revoked)).status).toBe(200)
    await eventually(async () => (await visit(cut, '/me', kept)).status === 200)
    proxy.swallow()
    expect((await signOut(first, revoked)).status).toBe(204)
    const seen: { readonly bad: number; readonly good: number }[] = []
    const since = performance.now()
    const isOver = () =>
      seen.slice(-20).length === 20 && seen.slice(-20).every(({ bad, good }) => bad + good === 2 * 503)
    while (!isOver()) {
      const [bad, good] = await Promise.all([visit(cut, '/me', revoked), visit(cut, '/me', kept)])
      seen.push({ bad: bad.status, good: good.status })
      if (performance.now() - since > 6 * MAX_STALENESS) throw new Error('accepted for too long')
      await pause(50)
    }
    console.log(`cut off: answered for ${Math.round(performance.now() - since)} ms, the last second with 503`)
    // Accepted until the copy is too old, then answered with 503: never refused, and never accepted again.
    for (const of of ['bad', 'good'] as const) {
      const statuses = seen.map((each) => each[of])
      const firstRefusal = statuses.indexOf(503)
      expect(new Set(statuses.slice(0, firstRefusal))).toEqual(new Set([200]))
      expect(new Set(statuses.slice(firstRefusal))).toEqual(new Set([503]))
    }
    proxy.pass()
    await eventually(async () => (await visit(cut, '/me', kept)).status === 200)
    expect((await visit(cut, '/me', revoked)).status).toBe(401)
  }, 120_000)
})
