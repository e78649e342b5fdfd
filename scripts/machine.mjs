/** What the commands stand on: the Node.js that package.json asks for, programs that run to their end, pnpm through npx. */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** @param {string} path */
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

const { engines, packageManager } = readJson(join(root, 'package.json'))

/** @param {string} version @returns {number} 20.19.3 as 20019 */
const comparable = (version) => {
  const [major = 0, minor = 0] = version.replace('>=', '').split('.').map(Number)
  return major * 1000 + minor
}

if (comparable(process.versions.node) < comparable(engines.node)) {
  console.error(`This repository needs Node.js ${engines.node}; this is ${process.versions.node}.`)
  process.exit(1)
}

/** @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, shown?: boolean }} RunOptions `env` is on top of the environment */

/**
 * Runs a program to its end. Never rejects: a program that cannot be started has the code 127, as in a shell.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export const run = (command, args, { cwd = root, env = {}, shown = false } = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...env },
      stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
      shell: process.platform === 'win32',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ code: 127, output: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })

/**
 * The output of a program; an error that carries it where the program fails.
 *
 * @param {string} command words with single blanks between them
 * @param {RunOptions} [options]
 */
export const must = async (command, options) => {
  const [program = '', ...args] = command.split(' ')
  const { code, output } = await run(program, args, options)
  if (code !== 0) throw new Error(`\`${command}\` failed:\n${output.trim()}`)
  return output
}

/** Runs the pnpm that package.json names. @param {readonly string[]} args @param {RunOptions} [options] */
export const pnpm = (args, options) => run('npx', ['-y', packageManager, ...args], options)

const NETWORK_TROUBLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|META_FETCH_FAIL|network/i

/** Installs the dependencies as locked; quick where they are there. Throws an error that says what to do. */
export const install = async () => {
  // NODE_ENV=production would leave out what the build needs, and nothing may wait for an answer.
  const args = ['install', '--frozen-lockfile', '--prod=false', '--config.confirmModulesPurge=false']
  const { code, output } = await pnpm(args)
  if (code === 0) return
  const network = NETWORK_TROUBLE.test(output) && 'The package registry could not be reached.'
  const npx = code === 127 && 'npx was not found. It comes with npm, which comes with Node.js.'
  throw new Error(`${output.trim()}\n\n${npx || network || 'Installing the dependencies failed.'}`)
}

/** Builds what is stale: all packages, or those alone that one package stands on. @param {string} [name] */
export const build = async (name) => {
  const { code, output } = await pnpm(['run', '--silent', 'build', ...(name ? [`--filter=${name}...`] : [])])
  if (code !== 0) throw new Error(`${output.trim()}\n\nBuilding the packages failed.`)
}

/** A new folder for one run. @param {string} purpose */
export const temporaryFolder = (purpose) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `auth-${purpose}-`)))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * A port of the loopback interface that is free now, any unless told; rejects where the one asked for is taken.
 *
 * @param {number} [wanted]
 * @returns {Promise<number>}
 */
export const freePort = (wanted = 0) =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address())
      probe.close(() => resolve(port))
    })
  })

/** What the runner of a script or test says about itself, and a newcomer's shell does not. */
const RUNNERS_OWN =
  /^(npm_(lifecycle|package|command|execpath|node_execpath)|npm_config_(local_prefix|workspace|dir)|pnpm_|VITEST|NODE_ENV$|NODE_OPTIONS$|NODE_PATH$|INIT_CWD$|TEST$)/i

/** An empty project outside the repository, as a newcomer has it. */
export const createProject = () => {
  const { folder, remove } = temporaryFolder('project')
  const own = Object.keys(process.env).filter((name) => RUNNERS_OWN.test(name))
  const env = Object.fromEntries(own.map((name) => [name, undefined]))
  return {
    folder,
    remove,
    env,
    /** @param {string} file @param {string} text */
    write: (file, text) => writeFileSync(join(folder, file), text),
    /** Gives the output; rejects with it where the command fails. @param {string} line */
    run: (line) => must(line, { cwd: folder, env }),
  }
}

/** Runs a command's work; what it throws is one sentence and exit code 1. @param {() => Promise<unknown>} work */
export const command = (work) =>
  work().catch((error) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
