import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort, type RedisServer, startProxy, startRedis, type TcpProxy } from '@auth/testkit'
import { describe, expect, test, vi } from 'vitest'
import { redisStore } from '../src/index.js'
import { REPLACE } from '../src/scripts/sessions.js'
import {
  type Answer,
  age,
  alarms,
  EXAMPLE,
  figures,
  holderOf,
  OWN,
  refresh,
  type Server,
  spread,
  startServer,
  tally,
  visit,
} from './fleet.js'
import { expectHonest, expectRefused, expectUnharmed, OVERLAP, people, recovery, writes } from './outage.js'

// Five of these tests run at once, each with a server process and a Redis of its own.
vi.setConfig({ testTimeout: 180_000 })

/** Enough data that reading it can be made to take a while. */
const SEED = "for i = 1, 4000 do redis.call('SET', 'other:' .. i, string.rep('x', 250)) end"

/** Registers what a test leaves behind: tests here run side by side. */
type Finished = (clean: () => Promise<void>) => void

/** People on a server process that reaches Redis through a proxy. */
interface Rig {
  readonly server: Server
  readonly proxy: TcpProxy
  /** A way to Redis that no fault concerns. */
  readonly store: ReturnType<typeof redisStore>
  redis: RedisServer
  /** Ends Redis without a word; what it holds stays on disk. */
  crash(): Promise<void>
  restart(args?: readonly string[]): Promise<void>
}

const PERSISTENT = ['--appendonly', 'yes', '--appendfsync', 'always']

const rig = async (finished: Finished, program = OWN): Promise<Rig> => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-faults-'))
  const start = (args: readonly string[], port?: number) => startRedis(['--dir', folder, ...args], port)
  const port = await freePort()
  const proxy = await startProxy(port)
  const redis = await start(PERSISTENT, port)
  const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, AUTH_OVERLAP: String(OVERLAP) }
  const server = await startServer(env, program)
  const store = redisStore(redis.url)
  const built: Rig = {
    server,
    proxy,
    store,
    redis,
    crash: () => built.redis.kill(),
    restart: async (args = PERSISTENT) => {
      built.redis = await start(args, port)
    },
  }
  finished(async () => {
    await server.stop()
    await store.close()
    await proxy.close()
    await built.redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return built
}

/** How a fault begins and how it ends. */
interface Fault {
  begin(rig: Rig): unknown
  end(rig: Rig): unknown
  /** How long it lasts, in milliseconds. */
  readonly lasts?: number
}

const toReplica = ({ redis }: Rig) => redis.cli('replicaof', '127.0.0.1', '1')
const toPrimary = ({ redis }: Rig) => redis.cli('replicaof', 'no', 'one')

const faults: Record<string, Fault> = {
  'is down': { begin: ({ crash }) => crash(), end: ({ restart }) => restart() },
  'swallows everything': {
    begin: ({ proxy }) => proxy.swallow(),
    end: ({ proxy }) => proxy.pass(),
    lasts: 3000,
  },
  'holds everything back': { begin: ({ proxy }) => proxy.hold(), end: ({ proxy }) => proxy.pass() },
  'holds everything back for long': {
    begin: ({ proxy }) => proxy.hold(),
    end: ({ proxy }) => proxy.pass(),
    lasts: 4000,
  },
  'answers after 2 s': {
    begin: ({ proxy }) => proxy.delay(2000),
    end: ({ proxy }) => proxy.pass(),
    lasts: 4000,
  },
  'is frozen': {
    begin: ({ redis }) => redis.process.kill('SIGSTOP'),
    end: ({ redis }) => redis.process.kill('SIGCONT'),
    lasts: 2500,
  },
  'answers READONLY': { begin: toReplica, end: toPrimary },
  'answers MASTERDOWN': {
    begin: (rig) => {
      rig.redis.cli('config', 'set', 'replica-serve-stale-data', 'no')
      toReplica(rig)
    },
    end: toPrimary,
  },
  'answers OOM': {
    begin: ({ redis }) => redis.cli('config', 'set', 'maxmemory', '1'),
    end: ({ redis }) => redis.cli('config', 'set', 'maxmemory', '0'),
  },
}

/** The Express example meets them as well. */
const EXAMPLES = Object.keys(faults)
const cases = [
  ...Object.entries(faults).map(([name, fault]) => ({ name, fault, program: OWN })),
  ...EXAMPLES.map((name) => ({
    name: `${name}, the example`,
    fault: faults[name] as Fault,
    program: EXAMPLE,
  })),
]

describe('requests are answered right or with 503, and all goes on afterwards, while Redis', () => {
  test.concurrent.for(cases)('$name', async ({ name, fault, program }, { onTestFinished }) => {
    const built = await rig(onTestFinished, program)
    const { server, store } = built
    const there = await people(server, store)
    const refused: Answer[] = []
    await fault.begin(built)
    const since = performance.now()
    while (performance.now() - since < (fault.lasts ?? 1500)) {
      refused.push(...(await writes(server, there)))
      await expectHonest(server, there)
      await pause(20)
    }
    expectRefused(refused)
    await fault.end(built)
    const after = await expectUnharmed(server, there)
    console.log(
      `${name}: 503 after ${figures(refused.map(({ took }) => took))}; back after ${Math.round(after)} ms`,
    )
  })
})

describe('a Redis that was killed', () => {
  test.concurrent('answers LOADING while it reads its data; then everybody is still signed in', async ({
    onTestFinished,
  }) => {
    const built = await rig(onTestFinished)
    const { server, store } = built
    const there = await people(server, store)
    built.redis.cli('eval', SEED, '0')
    built.redis.cli('save')
    await built.crash()
    const slowly = ['--key-load-delay', '600', '--loading-process-events-interval-bytes', '1024']
    const loading = built.restart(slowly)
    const refused: Answer[] = []
    let loaded = false
    void loading.then(() => {
      loaded = true
    })
    while (!loaded) {
      const answers = await writes(server, there)
      // Whatever came when the data had just been read may have been answered.
      if (!loaded) refused.push(...answers)
      await pause(20)
    }
    expect(refused.length).toBeGreaterThan(5)
    const after = await expectUnharmed(server, there)
    console.log(
      `LOADING: 503 after ${figures(refused.map(({ took }) => took))}; back after ${Math.round(after)} ms`,
    )
  })

  test.concurrent('and comes back empty has lost the sessions: access tokens last, nobody is accused', async ({
    onTestFinished,
  }) => {
    const built = await rig(onTestFinished)
    const { server, store } = built
    const there = await people(server, store)
    expect((await visit(server, '/me', there.bearer)).status).toBe(200)
    built.redis.cli('flushall')
    await built.crash()
    await built.restart()
    const { answer } = await recovery(() => refresh(server, there.browser), 401)
    expect(answer.headers['set-cookie']).toBeUndefined()
    for (const holder of [there.bearer, there.browser]) {
      expect((await visit(server, '/me', holder)).status).toBe(200)
      await recovery(() => visit(server, '/strict', holder), 401)
    }
    // This process remembers what it knew: the marks are its own copy.
    expect((await visit(server, '/me', there.revoked)).status).toBe(401)
    const again = holderOf((await recovery(() => server.login('bearer'))).answer)
    expect((await visit(server, '/strict', again)).status).toBe(200)
    expect(alarms([server])).toEqual([])
  })
})

describe('an answer that is lost after the write', () => {
  test.concurrent.for(['cut', 'silent'] as const)(
    '(connection %s) costs nobody the session',
    async (how, { onTestFinished }) => {
      const { server, proxy, store } = await rig(onTestFinished)
      const there = await people(server, store)
      const sha = createHash('sha1').update(REPLACE).digest('hex')
      // From now on the script is known by its digest.
      expect((await refresh(server, there.leaving)).status).toBe(200)
      const lost = proxy.loseAnswerTo(sha, how)
      const failed = await refresh(server, there.bearer)
      await lost
      expectRefused([failed])
      // The write has happened. Inside the overlap the old token gets an access token, after it a new pair.
      let holder = there.bearer
      for (let step = 0; step < 2; step += 1) {
        const { after, answer } = await recovery(() => refresh(server, holder))
        holder = holderOf(answer)
        console.log(
          `answer lost, connection ${how}: 503 after ${Math.round(failed.took)} ms, back after ${Math.round(after)} ms, generation ${holder.refresh.split('.')[3]}`,
        )
        await recovery(() => visit(server, '/strict', holder))
        await age(store, holder)
      }
      expect(Number(holder.refresh.split('.')[3])).toBeGreaterThan(1)
      expect(alarms([server])).toEqual([])
    },
  )
})

describe('a black hole under load', () => {
  test('does not fill the memory', async ({ onTestFinished }) => {
    const { server, proxy, store } = await rig(onTestFinished)
    const there = await people(server, store)
    const heap = async () => (await server.ask('/heap')).body / 1e6
    await spread(500, 50, () => refresh(server, there.browser))
    const before = await heap()
    proxy.swallow()
    const answers: Answer[] = []
    const end = performance.now() + 5000
    let highest = 0
    const loads = Array.from({ length: 280 }, async (_, at) => {
      while (performance.now() < end) {
        const path = at % 2 === 0 ? '/strict' : undefined
        answers.push(await (path ? visit(server, path, there.bearer) : refresh(server, there.bearer)))
        if (at % 2 === 0) await pause(5)
      }
    })
    const watch = async () => {
      while (performance.now() < end) {
        await pause(1000)
        highest = Math.max(highest, await heap())
      }
    }
    await Promise.all([...loads, watch()])
    console.log(
      `black hole: ${JSON.stringify(tally(answers))}, ${figures(answers.map(({ took }) => took))}; heap ${before.toFixed(1)} MB, at most ${highest.toFixed(1)} MB`,
    )
    expect(Object.keys(tally(answers))).toEqual(['503'])
    expect(highest - before).toBeLessThan(50)
    proxy.pass()
    await expectUnharmed(server, there)
  })
})
