/** Programs that some tests need and npm cannot bring: found, or installed where that can be done, or named loudly. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run } from './run.mjs'

/**
 * @typedef {object} SystemTool
 * @property {string} what
 * @property {() => boolean} isThere
 * @property {string} debianPackage
 * @property {string} testsThatNeedIt
 */

/** @param {string} command @param {string[]} args */
const succeeds = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0

/** @type {readonly SystemTool[]} */
const SYSTEM_TOOLS = [
  {
    what: 'Chromium',
    isThere: () => succeeds('chromium', '--version'),
    debianPackage: 'chromium',
    testsThatNeedIt: 'the example in a real browser',
  },
  {
    what: 'PyJWT in /usr/bin/python3',
    isThere: () => succeeds('/usr/bin/python3', '-c', 'import jwt'),
    debianPackage: 'python3-jwt',
    testsThatNeedIt: 'access tokens verified by a service in another language',
  },
  {
    what: 'Flask in /usr/bin/python3',
    isThere: () => succeeds('/usr/bin/python3', '-c', 'import flask'),
    debianPackage: 'python3-flask',
    testsThatNeedIt: 'sessions of a Flask application, and the Flask example',
  },
  {
    what: 'PostgreSQL',
    isThere: () => existsSync('/usr/lib/postgresql'),
    debianPackage: 'postgresql',
    testsThatNeedIt: 'sessions of connect-pg-simple and Django',
  },
  {
    what: 'a Redis or Valkey server',
    isThere: () => succeeds('redis-server', '--version') || succeeds('valkey-server', '--version'),
    debianPackage: 'redis-server',
    testsThatNeedIt: 'the store contract on Redis and Redis Cluster',
  },
]

const canInstall = () =>
  process.getuid?.() === 0 && existsSync('/etc/debian_version') && succeeds('apt-get', '--version')

/** @param {readonly SystemTool[]} tools */
const aptInstall = async (tools) => {
  const names = tools.map((tool) => tool.debianPackage)
  console.log(`Installing ${names.join(', ')} with apt-get ...`)
  const options = { quiet: true, env: { DEBIAN_FRONTEND: 'noninteractive' } }
  const update = await run('apt-get', ['update', '-qq'], options)
  const install = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options)
  if (install.code !== 0) console.error(`${update.output}${install.output}`)
}

/** @param {readonly SystemTool[]} missing */
const complain = (missing) => {
  const names = missing.map((tool) => tool.debianPackage).join(' ')
  console.error('\n!!! These tests will NOT run, because a program is missing:')
  for (const tool of missing) console.error(`!!!   ${tool.testsThatNeedIt} (${tool.what})`)
  console.error(`!!! On Debian: apt-get install ${names}\n`)
}

/**
 * Makes sure of the tools.
 *
 * @param {readonly SystemTool[]} [tools]
 * @returns {Promise<boolean>} whether all of them are there
 */
export const provideSystemTools = async (tools = SYSTEM_TOOLS) => {
  const absent = tools.filter((tool) => !tool.isThere())
  if (absent.length > 0 && canInstall()) await aptInstall(absent)
  const missing = absent.filter((tool) => !tool.isThere())
  if (missing.length > 0) complain(missing)
  return missing.length === 0
}
