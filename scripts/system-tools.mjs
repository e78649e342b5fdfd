/** Programs that some tests need and npm cannot bring: found, or installed where that can be done, or named loudly. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run } from './machine.mjs'

/**
 * @typedef {object} SystemTool a row: a test that needs a program adds one, and finds the program the same way
 * @property {string} found a shell command that succeeds where it is there
 * @property {string} [variable] names one that runs elsewhere; then none is needed here
 * @property {string} debian the package that brings it
 * @property {string} tests that need it
 */

/** @type {readonly SystemTool[]} */
const TOOLS = [
  { found: 'command -v chromium', debian: 'chromium', tests: 'the examples in a real browser' },
  {
    found: "/usr/bin/python3 -c 'import jwt'",
    debian: 'python3-jwt',
    tests: 'access tokens verified by a service in another language',
  },
  {
    found: "/usr/bin/python3 -c 'import flask'",
    debian: 'python3-flask',
    tests: 'sessions of a Flask application, and the Flask example',
  },
  {
    found: 'command -v postgres || ls /usr/lib/postgresql/*/bin/postgres',
    debian: 'postgresql',
    tests: 'sessions of connect-pg-simple and Django',
  },
  {
    found: 'command -v redis-server || command -v valkey-server',
    debian: 'redis-server',
    tests: 'the store contract on Redis and Redis Cluster',
  },
]

/** @param {SystemTool} tool */
const isMissing = ({ variable, found }) =>
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
  if (absent.length > 0 && canInstall) await aptInstall(absent.map(({ debian }) => debian))
  const missing = absent.filter(isMissing)
  if (missing.length === 0) return true
  console.error('\n!!! These tests will NOT run, because a program is missing:')
  for (const { tests, debian } of missing) console.error(`!!!   ${tests} (${debian})`)
  console.error(`!!! On Debian: apt-get install ${missing.map(({ debian }) => debian).join(' ')}\n`)
  return false
}
