/** `npm start [-- example]`: installs and builds what is missing or stale, then runs an example, Express unless told. */

import './machine/require-node.mjs'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { install } from './machine/install.mjs'
import { pnpm, root } from './machine/run.mjs'

/** @param {unknown} error */
const giveUp = (error) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

const build = async () => {
  console.log('Building what is stale ...')
  const { code, output } = await pnpm(['run', 'build'], { quiet: true })
  if (code !== 0) throw new Error(`${output.trim()}\n\nBuilding the packages failed.`)
}

/** @param {string} name */
const readExample = (name) => {
  const cwd = join(root, 'examples', name)
  const manifest = join(cwd, 'package.json')
  const start = existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).scripts?.start
  if (!start) throw new Error(`There is no example "${name}" with a start script in examples/.`)
  return { cwd, start }
}

/**
 * npm sends its signals to a shell between us, which ends without a word: then npm is gone, and so should the server be.
 *
 * @param {() => void} stop
 */
const stopWithNpm = (stop) => {
  const parent = process.ppid
  const isOrphan = () => process.ppid !== parent
  if (process.env.npm_lifecycle_event) setInterval(() => isOrphan() && stop(), 100).unref()
}

/**
 * Runs the example's own start script. The shell becomes the server (`exec`): pnpm in between would keep signals from it
 * and hide how it ended.
 *
 * @param {{ cwd: string, start: string }} example
 */
const serve = ({ cwd, start }) => {
  const bin = join(cwd, 'node_modules', '.bin')
  const server = spawn(process.platform === 'win32' ? start : `exec ${start}`, {
    cwd,
    shell: true,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  })
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP', 'SIGINT'])) {
    // A terminal sends Ctrl-C to every process in it; a second one would tell the server to hurry.
    const arrivesAnyway = signal === 'SIGINT' && process.stdin.isTTY
    process.on(signal, () => arrivesAnyway || server.kill(signal))
  }
  stopWithNpm(() => server.kill('SIGTERM'))
  server.on('error', giveUp)
  server.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

try {
  process.env.NODE_ENV ??= 'development'
  const example = readExample(process.argv[2] ?? 'express')
  await install()
  await build()
  serve(example)
} catch (error) {
  giveUp(error)
}
