import { setTimeout as pause } from 'node:timers/promises'
import { eventually, type RedisServer, startProxy, startRedis, startSentinel } from '@auth/testkit'
import { expect, type TestContext, test, vi } from 'vitest'
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
  startServer,
  tally,
  visit,
} from './fleet.js'

vi.setConfig({ testTimeout: 180_000 })

const OVERLAP = 30

/** Keeps what a test has started until it is over: tests here run side by side. */
type Started = <T extends { stop(): unknown }>(resource: T) => T
const startedFor =
  ({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Started =>
  (resource) => {
    onTestFinished(async () => void (await resource.stop()))
    return resource
  }

interface Pair {
  readonly primary: RedisServer
  readonly replica: RedisServer
}

const startPair = async (started: Started): Promise<Pair> => {
  const primary = started(await startRedis())
  const replica = started(await startRedis(['--replicaof', '127.0.0.1', String(primary.port)]))
  await eventually(() => replica.cli('info', 'replication').includes('master_link_status:up'))
  return { primary, replica }
}

/** From now on the replica hears nothing: its link is cut, and it may not come back. */
const detach = async ({ primary, replica }: Pair): Promise<void> => {
  // Whatever was written so far has arrived.
  await eventually(() => primary.cli('wait', '1', '1000') === '1')
  replica.cli('config', 'set', 'masteruser', 'nobody')
  replica.cli('config', 'set', 'masterauth', 'wrong')
  replica.cli('client', 'kill', 'type', 'master')
  await eventually(() => replica.cli('info', 'replication').includes('master_link_status:down'))
}

/** How clients find the new primary, and how it becomes that. */
interface Way {
  prepare(pair: Pair, started: Started): Promise<{ readonly env: Record<string, string>; promote(): unknown }>
}

const ways: Record<string, Way> = {
  'an address that moves': {
    prepare: async ({ primary, replica }, started) => {
      const proxy = await startProxy(primary.port)
      started({ stop: () => proxy.close() })
      return {
        env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` },
        promote: () => {
          replica.cli('replicaof', 'no', 'one')
          proxy.moveTo(replica.port)
        },
      }
    },
  },
  Sentinel: {
    prepare: async ({ primary, replica }, started) => {
      const sentinel = started(await startSentinel(primary))
      await eventually(
        () => sentinel.cli('sentinel', 'replicas', 'primary').includes(String(replica.port)),
        15_000,
      )
      return { env: { REDIS_SENTINEL: String(sentinel.port) }, promote: () => undefined }
    },
  },
}

test.concurrent.for(Object.entries(ways))(
  'failover by %s: the rotation that was lost is repaired',
  async ([name, { prepare }], context) => {
    const started = startedFor(context)
    const pair = await startPair(started)
    const { env, promote } = await prepare(pair, started)
    const both = await Promise.all([0, 1].map(() => startServer({ ...env, AUTH_OVERLAP: String(OVERLAP) })))
    const [one, two] = both.map(started) as [Server, Server]
    const holder = await signIn(one)
    const ahead = await signIn(two)
    const browser = await signIn(one, 'cookie')
    const revoked = await signIn(one)
    expect((await signOut(one, revoked)).status).toBe(204)
    const [before, after] = [redisStore(pair.primary.url), redisStore(pair.replica.url)]
    started({ stop: () => Promise.all([before.close(), after.close()]) })
    await age(before, holder, ahead, browser)

    await detach(pair)
    const rotated = holderOf(await refresh(one, holder))
    const rotatedBrowser = holderOf(await refresh(two, browser), browser)
    let far = holderOf(await refresh(one, ahead))
    await age(before, far)
    far = holderOf(await refresh(two, far))
    expect([rotated, rotatedBrowser].map(({ refresh }) => refresh.split('.')[3])).toEqual(['2', '2'])
    expect(far.refresh.split('.')[3]).toBe('3')
    const lost = await signIn(one)
    await pair.primary.kill()
    await promote()

    const since = performance.now()
    const waiting: Answer[] = []
    let repaired: Answer
    for (;;) {
      repaired = await refresh(two, rotated)
      if (repaired.status === 200) break
      waiting.push(repaired)
      expect((await visit(one, '/me', revoked)).status).not.toBe(200)
      await pause(50)
    }
    console.log(`failover by ${name}: back after ${Math.round(performance.now() - since)} ms`)
    expect(Object.keys(tally(waiting)).filter((status) => status !== '503')).toEqual([])
    expect(waiting.filter(({ headers }) => headers['set-cookie'] ?? !headers['retry-after'])).toEqual([])
    expect(pair.replica.cli('role').split('\n')[0]).toBe('master')

    const next = holderOf(repaired)
    expect(next.refresh).toBe(rotated.refresh)
    const others = [
      holderOf(await refresh(one, rotatedBrowser), rotatedBrowser),
      holderOf(await refresh(two, far)),
    ]
    for (const server of both) {
      for (const alive of [next, ...others]) {
        await eventually(async () => (await visit(server, '/strict', alive)).status === 200)
        expect((await visit(server, '/me', alive)).status).toBe(200)
      }
      expect((await visit(server, '/me', revoked)).status).toBe(401)
      expect((await visit(server, '/strict', revoked)).status).toBe(401)
      expect((await refresh(server, revoked)).status).toBe(401)
      // Its login had not reached the replica: it is gone, and nobody is accused of anything.
      expect((await refresh(server, lost)).status).toBe(401)
    }
    // Another tab that still has the token from before the failover.
    expect(holderOf(await refresh(one, holder)).refresh).toBe(holder.refresh)
    await age(after, next)
    expect(holderOf(await refresh(one, next)).refresh.split('.')[3]).toBe('3')
    const outcomes = both.flatMap(({ events }) =>
      events.flatMap((event) => (event.type === 'refreshed' ? [event.outcome] : [])),
    )
    expect(outcomes.filter((outcome) => outcome === 'repair')).toHaveLength(3)
    expect(alarms(both)).toEqual([])
  },
)

test.concurrent('after a failover the feed is read from its start: what was revoked meanwhile reaches every process', async (context) => {
  const started = startedFor(context)
  const pair = await startPair(started)
  const { env, promote } = await (ways['an address that moves'] as Way).prepare(pair, started)
  const both = await Promise.all([0, 1].map(() => startServer(env)))
  const [one, two] = both.map(started) as [Server, Server]
  const holder = await signIn(one)
  const fleeting = await signIn(one)
  await detach(pair)
  // Entries that only the lost primary has move the readers' cursors past its end.
  for (let at = 0; at < 3; at += 1) expect((await signOut(one, await signIn(one))).status).toBe(204)
  expect((await signOut(one, fleeting)).status).toBe(204)
  await eventually(async () => (await visit(two, '/me', fleeting)).status === 401)
  await pair.primary.kill()
  await promote()
  await eventually(async () => (await signOut(one, holder)).status === 204)
  await eventually(async () => (await visit(two, '/me', holder)).status === 401)
  // The revocation itself was lost with the primary; both processes still know it.
  for (const server of both) expect((await visit(server, '/me', fleeting)).status).toBe(401)
  expect(alarms(both)).toEqual([])
})

test('replicas that revocations wait for and that are gone hold up revocations, and nothing else', async (context) => {
  const started = startedFor(context)
  const { primary, replica } = await startPair(started)
  const server = started(await startServer({ REDIS_URL: primary.url, REDIS_WAIT: '400', AUTH_OVERLAP: '0' }))
  let holder = await signIn(server)
  const leaving = await Promise.all(Array.from({ length: 40 }, () => signIn(server)))
  expect((await signOut(server, await signIn(server))).status).toBe(204)
  await replica.kill()
  const refreshes: Answer[] = []
  let waiting = true
  const refreshing = async () => {
    while (waiting) {
      const answer = await refresh(server, holder)
      refreshes.push(answer)
      holder = holderOf(answer)
      await pause(10)
    }
  }
  const leave = async () => {
    const refused = await Promise.all(leaving.map((who) => signOut(server, who)))
    expect(tally(refused)).toEqual({ 503: leaving.length })
    waiting = false
  }
  await Promise.all([refreshing(), leave()])
  console.log(`beside waiting revocations: refreshes took ${figures(refreshes.map(({ took }) => took))}`)
  // One of these commands that stood behind a wait would have had to end with it.
  expect(tally(refreshes)).toEqual({ 200: refreshes.length })
  expect(refreshes.length).toBeGreaterThan(4)

  started(await startRedis(['--replicaof', '127.0.0.1', String(primary.port)]))
  const [first, ...rest] = leaving as [Holder, ...Holder[]]
  await eventually(async () => (await signOut(server, first)).status === 204)
  for (const who of rest) expect((await signOut(server, who)).status).toBe(204)
  for (const who of leaving) expect((await refresh(server, who)).status).toBe(401)
})
