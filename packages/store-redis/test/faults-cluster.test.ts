import { eventually, type RedisCluster, type RedisServer, startCluster } from '@auth/testkit'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { clusterOptions, redisStore } from '../src/index.js'
import { type Answer, figures, refresh, type Server, startServer } from './fleet.js'
import { expectHonest, expectRefused, expectUnharmed, OVERLAP, people, writes } from './outage.js'

vi.setConfig({ testTimeout: 180_000 })

let cluster: RedisCluster
let server: Server
let client: Cluster
let store: ReturnType<typeof redisStore>
beforeAll(async () => {
  cluster = await startCluster()
  const ports = cluster.nodes.map(({ port }) => port).join()
  client = new Cluster(
    cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    { ...clusterOptions, enableOfflineQueue: true },
  )
  client.on('error', () => undefined)
  store = redisStore(client)
  server = await startServer({ REDIS_CLUSTER: ports, AUTH_OVERLAP: String(OVERLAP) })
})
afterAll(async () => {
  client?.disconnect()
  await Promise.all([server?.stop(), cluster?.stop()])
})

describe('on a cluster', () => {
  test('CLUSTERDOWN, a master being frozen, is 503 until it is back', async () => {
    const there = await people(server, store)
    const [, , frozen] = cluster.nodes as unknown as [RedisServer, RedisServer, RedisServer]
    const others = cluster.nodes.slice(0, 2)
    const stateIs = (nodes: readonly RedisServer[], state: string) => () =>
      nodes.every(({ cli }) => cli('cluster', 'info').includes(`cluster_state:${state}`))
    frozen.process.kill('SIGSTOP')
    await eventually(stateIs(others, 'fail'))
    const refused: Answer[] = []
    for (let round = 0; round < 3; round += 1) {
      refused.push(...(await writes(server, there)))
      await expectHonest(server, there)
    }
    expectRefused(refused)
    frozen.process.kill('SIGCONT')
    await eventually(stateIs(cluster.nodes, 'ok'))
    const after = await expectUnharmed(server, there)
    console.log(
      `CLUSTERDOWN: 503 after ${figures(refused.map(({ took }) => took))}; back after ${Math.round(after)} ms`,
    )
  })

  test('TRYAGAIN, half of a slot being elsewhere, is 503 until all of it is', async () => {
    const there = await people(server, store)
    const partition = `auth:{${there.bearer.refresh.split('.')[1]}}`
    const [first] = cluster.nodes as [RedisServer]
    const slot = first.cli('cluster', 'keyslot', partition)
    const from = cluster.nodes.find(
      ({ cli }) => cli('cluster', 'getkeysinslot', slot, '9') !== '',
    ) as RedisServer
    const to = cluster.nodes.find((node) => node !== from) as RedisServer
    const [source, target] = [from, to].map(({ cli }) => cli('cluster', 'myid')) as [string, string]
    to.cli('cluster', 'setslot', slot, 'importing', source)
    from.cli('cluster', 'setslot', slot, 'migrating', target)
    from.cli('migrate', '127.0.0.1', String(to.port), partition, '0', '5000')
    const answers: Answer[] = []
    for (let round = 0; round < 3; round += 1) answers.push(await refresh(server, there.bearer))
    expectRefused(answers)
    const rest = from.cli('cluster', 'getkeysinslot', slot, '99').split('\n')
    from.cli('migrate', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...rest)
    for (const node of [to, from]) node.cli('cluster', 'setslot', slot, 'node', target)
    const after = await expectUnharmed(server, there)
    console.log(
      `TRYAGAIN: 503 after ${figures(answers.map(({ took }) => took))}; back after ${Math.round(after)} ms`,
    )
  })
})
