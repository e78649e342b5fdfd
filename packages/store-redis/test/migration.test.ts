import { setTimeout as pause } from 'node:timers/promises'
import { type RedisCluster, startCluster } from '@auth/testkit'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  type Answer,
  alarms,
  figures,
  type Holder,
  holderOf,
  refresh,
  type Server,
  signIn,
  signOut,
  startServer,
  tally,
  visit,
} from './fleet.js'

vi.setConfig({ testTimeout: 180_000 })

const SESSIONS = 20
const REFRESHES = 1000

let cluster: RedisCluster
let nodes: Redis[]
const servers: Server[] = []
beforeAll(async () => {
  cluster = await startCluster()
  nodes = cluster.nodes.map(({ port }) => new Redis(port))
  const ports = cluster.nodes.map(({ port }) => port).join()
  // Without an overlap every refresh writes.
  const env = { REDIS_CLUSTER: ports, AUTH_OVERLAP: '0' }
  servers.push(...(await Promise.all([startServer(env), startServer(env)])))
})
afterAll(async () => {
  for (const node of nodes ?? []) node.disconnect()
  await Promise.all([...servers.map((server) => server.stop()), cluster?.stop()])
})

/** Moves a slot to the next master, a few keys at a time; resolves to how many keys moved. */
const migrate = async (slot: number): Promise<number> => {
  const ids = await Promise.all(nodes.map((node) => node.cluster('MYID')))
  const ranges = (await nodes[0]?.call('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][]
  const source = ranges.find(([from, to]) => slot >= from && slot <= to)?.[2][2] as string
  const at = ids.indexOf(source)
  const to = (at + 1) % nodes.length
  const [from, next] = [nodes[at], nodes[to]] as [Redis, Redis]
  const port = String(cluster.nodes[to]?.port)
  await next.cluster('SETSLOT', slot, 'IMPORTING', source)
  await from.cluster('SETSLOT', slot, 'MIGRATING', ids[to] as string)
  let moved = 0
  for (;;) {
    const keys = await from.cluster('GETKEYSINSLOT', slot, 3)
    if (keys.length === 0) break
    await from.call('MIGRATE', '127.0.0.1', port, '', '0', '5000', 'KEYS', ...keys)
    moved += keys.length
    await pause(60)
  }
  for (const node of [next, from, ...nodes]) await node.cluster('SETSLOT', slot, 'NODE', ids[to] as string)
  return moved
}

test(`${REFRESHES} refreshes while their slot and the feed's move around the cluster: 200 or 503, all alive after`, async () => {
  const holders: Holder[] = []
  const subject = 'whose slot moves'
  for (let at = 0; at < SESSIONS; at += 1) {
    holders.push(await signIn(servers[at % 2] as Server, 'bearer', at % 4 === 0 ? undefined : subject))
  }
  const slotOf = async (tag: string) => Number(await nodes[0]?.cluster('KEYSLOT', `auth:{${tag}}`))
  const slot = await slotOf(holders[1]?.refresh.split('.')[1] as string)
  const feed = await slotOf('feed')
  const answers: Answer[] = []
  const others: Answer[] = []
  const left: Answer[] = []
  let under = true
  const clients = holders.map(async (_, at) => {
    while (answers.length < REFRESHES || under) {
      const answer = await refresh(servers[answers.length % 2] as Server, holders[at] as Holder)
      answers.push(answer)
      if (answer.status === 200) holders[at] = holderOf(answer)
      else await pause(20)
    }
  })
  const visitor = async () => {
    while (under) {
      const server = servers[others.length % 2] as Server
      const login = await server.login('bearer', subject)
      others.push(
        login,
        await visit(server, '/me', holders[1] as Holder),
        await visit(server, '/strict', holders[1] as Holder),
      )
      if (login.status === 200) left.push(await signOut(server, holderOf(login)))
      await pause(20)
    }
  }
  let moved = 0
  const operator = async () => {
    for (let round = 0; round < 6; round += 1) {
      moved += await migrate(slot)
      await migrate(feed)
      await pause(100)
    }
    under = false
  }
  await Promise.all([...clients, visitor(), operator()])
  console.log(
    `${moved} keys moved; refreshes ${JSON.stringify(tally(answers))}, ${figures(answers.map(({ took }) => took))}; others ${JSON.stringify(tally(others))}, logouts ${JSON.stringify(tally(left))}`,
  )
  expect(answers.length).toBeGreaterThanOrEqual(REFRESHES)
  expect(moved).toBeGreaterThan(6 * SESSIONS * 0.5)
  for (const some of [answers, others])
    expect([200, 503]).toEqual(expect.arrayContaining(some.map(({ status }) => status)))
  expect([204, 503]).toEqual(expect.arrayContaining(left.map(({ status }) => status)))
  for (const holder of holders) {
    const answer = await refresh(servers[0] as Server, holder)
    expect(answer.status).toBe(200)
    expect((await visit(servers[1] as Server, '/strict', holderOf(answer))).status).toBe(200)
  }
  expect(alarms(servers)).toEqual([])
})
