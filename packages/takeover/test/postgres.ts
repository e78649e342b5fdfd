/** A real PostgreSQL server for tests: made in a folder of its own, on a socket there, stopped with the test. */

import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@auth/testkit'
import pg from 'pg'

/** A running server. */
export interface Postgres {
  readonly pool: pg.Pool
  /** Ends the server and leaves the pool. */
  kill(): Promise<void>
  stop(): Promise<void>
}

const DEBIAN = '/usr/lib/postgresql'

const binaries = (): string => {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : []
  const found = versions
    .map((version) => join(DEBIAN, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
  if (!found) throw new Error('No PostgreSQL on this machine: install Debian package postgresql.')
  return found
}

/** PostgreSQL refuses to run as root. */
const asServer = (command: string, args: readonly string[]): [string, string[]] =>
  process.getuid?.() === 0 ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, [...args]]

const run = (command: string, args: readonly string[]): void => {
  const { status, stderr } = spawnSync(...asServer(command, args), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
}

/** Starts a server and waits until it answers. */
export const startPostgres = async (): Promise<Postgres> => {
  const bin = binaries()
  const folder = mkdtempSync(join(tmpdir(), 'postgres-test-'))
  chmodSync(folder, 0o777)
  const data = join(folder, 'data')
  run(join(bin, 'initdb'), [
    '-D',
    data,
    '-U',
    'test',
    '-A',
    'trust',
    '--no-sync',
    '-E',
    'UTF8',
    '--locale',
    'C',
  ])
  const options = ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off']
  const server = spawn(...asServer(join(bin, 'postgres'), options), { stdio: 'ignore' })
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const end = () => spawnSync(...asServer(join(bin, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop']))
  process.once('exit', end)

  const pool = new pg.Pool({
    host: folder,
    user: 'test',
    database: 'postgres',
    connectionTimeoutMillis: 2000,
  })
  pool.on('error', () => undefined)
  await eventually(async () => Boolean(await pool.query('SELECT 1')))
  const kill = async () => {
    end()
    await gone
    process.off('exit', end)
  }
  const stop = async () => {
    await pool.end()
    await kill()
    rmSync(folder, { recursive: true, force: true })
  }
  return { pool, kill, stop }
}
