/** A newcomer's project: an empty folder outside the repository, npm, and programs that run in it. */

import { execFile, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { temporaryFolder } from './pack-all.mjs'

const NPM_DEADLINE = 120_000
const START_DEADLINE = 20_000

/** What the runner of the tests says about itself, and a newcomer's shell does not. */
const RUNNERS_OWN =
  /^(npm_(lifecycle|package|command|execpath|node_execpath)|npm_config_(local_prefix|workspace|dir)|pnpm_|VITEST|NODE_ENV$|NODE_OPTIONS$|NODE_PATH$|INIT_CWD$|TEST$)/i

const cleanEnv = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !RUNNERS_OWN.test(name)))

/**
 * @typedef {object} Running
 * @property {string} base
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {object} Project
 * @property {string} folder
 * @property {(file: string, text: string) => string} write
 * @property {(command: string, env?: NodeJS.ProcessEnv) => Promise<string>} run rejects with the command's output
 * @property {(args: readonly string[], port: number, env: NodeJS.ProcessEnv) => Promise<Running>} serve
 * @property {() => void} remove
 */

/**
 * Starts a program and waits until it answers.
 *
 * @param {string} folder
 * @returns {Project['serve']}
 */
const serveIn = (folder) => async (args, port, env) => {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...cleanEnv(), PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const gone = new Promise((resolve) => child.once('close', resolve))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const stop = async () => {
    end()
    await gone
    process.off('exit', end)
  }
  const base = `http://127.0.0.1:${port}`
  for (const since = Date.now(); ; await pause(50)) {
    if (await fetch(base).catch(() => null)) return { base, stop }
    if (child.exitCode === null && Date.now() - since < START_DEADLINE) continue
    await stop()
    throw new Error(`node ${args.join(' ')} does not answer on ${base}. It printed:\n${output}`)
  }
}

/**
 * Makes an empty project.
 *
 * @param {string} npmrc
 * @returns {Project}
 */
export const createProject = (npmrc = '') => {
  const { folder, remove } = temporaryFolder('project')
  if (npmrc) writeFileSync(join(folder, '.npmrc'), `${npmrc}\n`)
  return {
    folder,
    remove,
    write: (file, text) => {
      writeFileSync(join(folder, file), text)
      return file
    },
    run: async (command, env = {}) => {
      const [program = '', ...args] = command.split(' ')
      const shell = process.platform === 'win32'
      const options = { cwd: folder, env: { ...cleanEnv(), ...env }, timeout: NPM_DEADLINE, shell }
      try {
        const { stdout, stderr } = await promisify(execFile)(program, args, options)
        return stdout + stderr
      } catch (error) {
        const { stdout, stderr, message } = /** @type {Error & { stdout: string, stderr: string }} */ (error)
        throw new Error(`\`${command}\` failed in an empty project: ${message}\n${stdout}${stderr}`)
      }
    },
    serve: serveIn(folder),
  }
}
