import { storeContract, unmetNeeds } from '@auth/contracts'
import { type RedisCluster, type RedisServer, startCluster, startRedis } from '@auth/testkit'
import { Cluster, Redis } from 'ioredis'
import * as ioredis5 from 'ioredis5'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { clusterOptions, redisOptions, redisStore } from '../src/index.js'

let server: RedisServer
let cluster: RedisCluster
beforeAll(async () => {
  server = await startRedis()
  cluster = await startCluster()
})
afterAll(async () => {
  await Promise.all([server?.stop(), cluster?.stop()])
})

type Opened = { readonly source: Parameters<typeof redisStore>[0]; close(): unknown }

const nodeRedis = async (): Promise<Opened> => {
  const client = createClient({ url: server.url })
  const subscriber = client.duplicate()
  await Promise.all([client.connect(), subscriber.connect()])
  return {
    source: {
      send: (_key, args) => client.sendCommand([...args]),
      subscribe: (channel: string, onMessage: () => void) => subscriber.subscribe(channel, onMessage),
    },
    close: () => {
      client.destroy()
      subscriber.destroy()
    },
  }
}

const clients: Record<string, () => Promise<Opened> | Opened> = {
  'a URL': () => ({ source: server.url, close: () => undefined }),
  'ioredis 6': () => {
    const client = new Redis(server.url, redisOptions)
    return { source: client, close: () => client.disconnect() }
  },
  'ioredis 5': () => {
    const client = new ioredis5.Redis(server.url, redisOptions) as unknown as Redis
    return { source: client, close: () => client.disconnect() }
  },
  'ioredis 6 on a cluster': () => {
    const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
    const client = new Cluster(nodes, clusterOptions)
    return { source: client, close: () => client.disconnect() }
  },
  'node-redis': nodeRedis,
}

describe.each(Object.entries(clients))('the store contract through %s', (_name, open) => {
  let opened: [Opened, Opened]
  let store: ReturnType<typeof redisStore>
  let other: ReturnType<typeof redisStore>
  beforeAll(async () => {
    opened = [await open(), await open()]
    store = redisStore(opened[0].source)
    other = redisStore(opened[1].source)
  })
  afterAll(async () => {
    await Promise.all([store.close(), other.close()])
    for (const { close } of opened) close()
  })

  for (const clause of storeContract) {
    test(clause.name, async ({ skip }) => {
      const subject = { store, other }
      const unmet = unmetNeeds(clause, subject)
      if (unmet.length > 0)
        skip(
          `needs ${unmet.join()}: a real server's clock cannot be moved; at-rest.test.ts reads the expiry of every key`,
        )
      await clause.run(subject)
    })
  }
})
