/** Programs that some tests need and npm cannot bring: found, or installed where that can be done, or named loudly. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run } from './machine.mjs'

/**
 * A row: the Debian package that brings a program, the tests that need it, a shell command that finds it, and perhaps a
 * variable that names one elsewhere. A test with a new need adds a row, and finds the program the same way.
 *
 * @typedef {readonly [debian: string, tests: string, found: string, variable?: string]} SystemTool
 */

/** @type {readonly SystemTool[]} */
const TOOLS = [
  ['chromium', 'the examples in a real browser', 'command -v chromium'],
  ['python3-jwt', 'access tokens verified in another language', "/usr/bin/python3 -c 'import jwt'"],
  [
    'python3-cryptography',
    'public keys fetched in another language',
    "/usr/bin/python3 -c 'import cryptography'",
  ],
  ['python3-flask', 'sessions of Flask, and the Flask example', "/usr/bin/python3 -c 'import flask'"],
  ['postgresql', 'sessions of connect-pg-simple and Django', 'ls /usr/lib/postgresql/*/bin/postgres'],
  ['redis-server', 'Redis and Redis Cluster', 'command -v redis-server || command -v valkey-server'],
]

/** @param {SystemTool} tool */
const isMissing = ([, , found, variable]) =>
  !(variable && process.env[variable]) && spawnSync('sh', ['-c', found], { stdio: 'ignore' }).status !== 0

/** @param {readonly string[]} packages */
const aptInstall = async (packages) => {
  console.log(`Installing ${packages.join(', ')} with apt-get ...`)
  // Services that the packages bring are not started: the tests start their own. Debian heeds the runlevel for that.
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } }
  const update = await run('apt-get', ['update', '-qq'], options)
  const args = ['install', '-y', '-qq', '--no-install-recommends', ...packages]
  const { code, output } = await run('apt-get', args, options)
  if (code !== 0) console.error(update.output + output)
}

/**
 * Makes sure of the tools.
 *
 * @param {readonly SystemTool[]} [tools]
 * @returns {Promise<boolean>} whether all of them are there
 */
export const provideSystemTools = async (tools = TOOLS) => {
  const absent = tools.filter(isMissing)
  const canInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version')
  if (absent.length > 0 && canInstall) await aptInstall(absent.map(([debian]) => debian))
  const missing = absent.filter(isMissing)
  if (missing.length === 0) return true
  console.error('\n!!! These tests will NOT run, because a program is missing:')
  for (const [debian, tests] of missing) console.error(`!!!   ${tests} (${debian})`)
  console.error(`!!! On Debian: apt-get install ${missing.map(([debian]) => debian).join(' ')}\n`)
  return false
}
