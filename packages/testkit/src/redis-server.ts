/** Real Redis servers for tests: started on free ports, stopped with the test. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const BINARY = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0)

/** A running server. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  readonly process: ChildProcess
  /** Runs one command through the server's own client and gives what it prints. */
  cli(...args: readonly string[]): string
  /** Ends it without letting it say goodbye. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** A port that nobody listens on right now; with `cluster`, its bus port is free as well. */
export const freePort = (cluster = false): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      // The bus of a cluster node lies 10,000 higher.
      probe.close(() => resolve(cluster && port > 55_000 ? freePort(true) : port))
    })
  })

const cliOf = (port: number) => {
  const binary = BINARY === 'valkey-server' ? 'valkey-cli' : 'redis-cli'
  return (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(binary, ['-p', String(port), ...args])
    if (status !== 0) throw new Error(`${binary} ${args.join(' ')}: ${stderr || stdout}`)
    return stdout.toString().trim()
  }
}

/** Waits until something holds; fails loudly where it does not within so many milliseconds. */
export const eventually = async (
  holds: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
): Promise<void> => {
  const end = Date.now() + milliseconds
  for (;;) {
    const held = await Promise.resolve()
      .then(holds)
      .catch(() => false)
    if (held) return
    if (Date.now() > end) throw new Error(`it did not come to hold within ${milliseconds} ms: ${holds}`)
    await pause(20)
  }
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const run = async (args: readonly string[], port: number, folder: string): Promise<RedisServer> => {
  const child = spawn(BINARY as string, args, { stdio: 'ignore' })
  const cli = cliOf(port)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  running.add(child)
  const end = async () => {
    child.kill('SIGKILL')
    await gone
    running.delete(child)
    rmSync(folder, { recursive: true, force: true })
  }
  await eventually(() => cli('ping') === 'PONG')
  const url = `redis://127.0.0.1:${port}`
  return { port, url, process: child, cli, kill: end, stop: end }
}

/** Starts a server; rejects where there is no Redis on this machine. */
export const startRedis = async (args: readonly string[] = [], given?: number): Promise<RedisServer> => {
  if (!BINARY)
    throw new Error('No redis-server or valkey-server on this machine: install Debian package redis-server.')
  const port = given ?? (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'redis-test-'))
  const fixed = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  return run([...fixed, ...args], port, folder)
}

/**
 * Starts a Sentinel that watches a server under the name `primary`, and replaces it by a replica half a second after it has
 * fallen silent.
 */
export const startSentinel = async (watched: RedisServer): Promise<RedisServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-test-'))
  const file = join(folder, 'sentinel.conf')
  const port = await freePort()
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor primary 127.0.0.1 ${watched.port} 1`,
    'sentinel down-after-milliseconds primary 500',
    'sentinel failover-timeout primary 3000',
  ]
  writeFileSync(file, lines.join('\n'))
  return run([file, '--sentinel'], port, folder)
}

/** A running cluster of three masters. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  stop(): Promise<void>
}

/** Starts a cluster of three masters, all slots assigned. */
export const startCluster = async (): Promise<RedisCluster> => {
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000']
  const start = async () =>
    startRedis([...options, '--cluster-config-file', 'nodes.conf'], await freePort(true))
  const nodes = [await start(), await start(), await start()]
  const [first] = nodes as [RedisServer]
  first.cli('--cluster', 'create', ...nodes.map(({ port }) => `127.0.0.1:${port}`), '--cluster-yes')
  await eventually(() => nodes.every(({ cli }) => cli('cluster', 'info').includes('cluster_state:ok')))
  return { nodes, stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))) }
}
