import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuth, isAuthError } from '@auth/core'
import { eventually, freePort, type RedisServer, startCluster, startRedis } from '@auth/testkit'
import * as ioredis from 'ioredis'
import * as redis from 'redis'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as storeRedis from '../src/index.js'

/** Runs what the README prints against real servers, hosts and passwords apart. */
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/<!-- recipe: ([a-z0-9 -]+) -->\n```\w*\n([\s\S]*?)```/g)]
const recipes = new Map(blocks.map(([, name, text]) => [`${name}`, `${text}`]))
const tried = new Set<string>(['first program'])

type Store = ReturnType<typeof storeRedis.redisStore>
type Client = { disconnect?(): unknown; destroy?(): unknown }

const AsyncFunction = (async () => undefined).constructor as new (
  ...args: string[]
) => (load: (name: string) => unknown) => Promise<{ store: Store; client?: Client }>

const textOf = (name: string): string => {
  tried.add(name)
  const text = recipes.get(name)
  if (!text) throw new Error(`the README has no recipe "${name}"`)
  return text
}

const closing: (() => unknown)[] = []

/** Classes of ioredis that are closed with the test. */
const tracked = {
  Redis: class extends ioredis.Redis {
    constructor(...args: never[]) {
      super(...(args as [never, never]))
      closing.push(() => this.disconnect())
    }
  },
  Cluster: class extends ioredis.Cluster {
    constructor(...args: never[]) {
      super(...(args as [never, never]))
      closing.push(() => this.disconnect())
    }
  },
}

const evaluate = async (text: string): Promise<Store> => {
  const modules: Record<string, unknown> = { '@auth/store-redis': storeRedis, ioredis: tracked, redis }
  const body = text.replace(/^import (\{[^}]+\}) from ('[^']+')$/gm, 'const $1 = load($2)')
  const known = text.includes('const client') ? '{ store, client }' : '{ store }'
  const { store, client } = await new AsyncFunction('load', `${body}\nreturn ${known}`)(
    (name) => modules[name],
  )
  closing.push(() => client?.destroy?.())
  return store
}

/** Signs in, refreshes, and ends the session through a store; the warnings it gave. */
const works = async (store: Store): Promise<readonly string[]> => {
  const secret = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
  const auth = createAuth({ secret, store, environment: 'production', onEvent: () => undefined })
  const { accessToken, refreshToken } = await auth.login({ subject: 'alice', transport: 'bearer' })
  await auth.refresh(refreshToken)
  expect((await auth.sessions('alice')).length).toBe(1)
  await auth.logout({ accessToken, refreshToken, transport: 'bearer' })
  const refused = await auth.refresh(refreshToken).catch((error: unknown) => error)
  expect(isAuthError(refused, 'invalid_token')).toBe(true)
  const warnings = await store.warnings()
  await auth.close()
  return warnings
}

let server: RedisServer
beforeEach(async () => {
  server = await startRedis()
  vi.stubEnv('REDIS_URL', server.url)
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await server.stop()
  vi.unstubAllEnvs()
})

test('a client of your own, as a user with restricted rights', async () => {
  const [, name, ...rules] = textOf('acl').trim().replace('PASSWORD', 'secret').split(' ')
  server.cli('ACL', `${name}`, ...rules)
  server.cli('ACL', 'SETUSER', 'default', 'off')
  vi.stubEnv('REDIS_PASSWORD', 'secret')
  expect(await works(await evaluate(textOf('client')))).toEqual([])
})

test('a keyPrefix of the client comes before the prefix of the store', async () => {
  const client = new tracked.Redis(
    ...([server.url, { ...storeRedis.redisOptions, keyPrefix: 'mine:' }] as never[]),
  )
  await works(storeRedis.redisStore(client as ioredis.Redis))
  const keys = server.cli('KEYS', '*').split('\n')
  expect(keys.filter((key) => !key.startsWith('mine:auth:'))).toEqual([])
})

test('Cluster', async () => {
  const cluster = await startCluster()
  closing.push(() => cluster.stop())
  const [{ port }] = cluster.nodes as [RedisServer]
  const text = textOf('cluster').replace("'10.0.0.1', port: 6379", `'127.0.0.1', port: ${port}`)
  expect(await works(await evaluate(text))).toEqual([])
  for (const close of closing.splice(0).reverse()) await close()
})

test('Sentinel', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-'))
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  writeFileSync(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor mymaster 127.0.0.1 ${server.port} 1\n`)
  const binary = 'redis-server'
  const sentinel = spawn(binary, [file, '--sentinel'], { cwd: folder, stdio: 'ignore' })
  const gone = new Promise((resolve) => sentinel.once('exit', resolve))
  closing.push(async () => {
    sentinel.kill('SIGKILL')
    await gone
    rmSync(folder, { recursive: true, force: true })
  })
  const probe = new ioredis.Redis(port, { lazyConnect: true, retryStrategy: () => 50 })
  probe.on('error', () => undefined)
  await eventually(async () => (await probe.ping()) === 'PONG')
  probe.disconnect()
  const text = textOf('sentinel').replace("'10.0.0.1', port: 26379", `'127.0.0.1', port: ${port}`)
  expect(await works(await evaluate(text))).toEqual([])
})

test('node-redis', async () => {
  expect(await works(await evaluate(textOf('node-redis')))).toEqual([])
})

test('every option of redisOptions is explained', () => {
  const row = (name: string) => new RegExp(`^\\| .*\`${name}\\b`, 'm').test(readme)
  expect(Object.keys(storeRedis.redisOptions).filter((name) => !row(name))).toEqual([])
})

test('every recipe is tried', () => {
  expect([...recipes.keys()].filter((name) => !tried.has(name))).toEqual([])
})
