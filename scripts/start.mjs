/** `npm start [express|koa|hono]`: installs and builds what is missing or stale, then runs an example, Express unless told. */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { build, command, freePort, install, readJson, root } from './machine.mjs'

/** @param {string} name */
const readExample = (name) => {
  const cwd = join(root, 'examples', name)
  const manifest = join(cwd, 'package.json')
  const { name: packageName, scripts } = existsSync(manifest) ? readJson(manifest) : {}
  if (!scripts?.start) throw new Error(`There is no example "${name}" with a start script in examples/.`)
  return { cwd, packageName, start: scripts.start }
}

/** Asked before anything is installed or built: a minute later is too late to hear it. */
const askForPort = async () => {
  const port = Number(process.env.PORT ?? 3000)
  await freePort(port).catch((error) => {
    const why =
      error.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${error.message})`
    throw new Error(`Port ${port} ${why}. Choose another: PORT=3001 npm start`)
  })
}

/** Says what is being done, and every five seconds that it still is. @param {string} what @param {() => Promise<void>} work */
const step = async (what, work) => {
  const since = performance.now()
  const seconds = () => `${Math.round((performance.now() - since) / 1000)} s`
  console.log(`${what} ...`)
  const timer = setInterval(
    () => console.log(`  still ${what.charAt(0).toLowerCase() + what.slice(1)}, ${seconds()}`),
    5000,
  )
  await work().finally(() => clearInterval(timer))
  console.log(`  done in ${seconds()}`)
}

/**
 * Runs the example's own start script. The shell becomes the server (`exec`): pnpm in between would keep signals from it
 * and hide how it ended.
 *
 * @param {{ cwd: string, start: string }} example
 */
const serve = ({ cwd, start }) => {
  const bin = join(cwd, 'node_modules', '.bin')
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  const line = process.platform === 'win32' ? start : `exec ${start}`
  const server = spawn(line, { cwd, env, shell: true, stdio: 'inherit' })
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP', 'SIGINT'])) {
    // A terminal sends Ctrl-C to every process in it; a second one would tell the server to hurry.
    const arrivesAnyway = signal === 'SIGINT' && process.stdin.isTTY
    process.on(signal, () => arrivesAnyway || server.kill(signal))
  }
  // npm sends its signals to a shell between us, which ends without a word: then npm is gone, and so should the server be.
  const parent = process.ppid
  const stopAlone = () => process.ppid !== parent && server.kill('SIGTERM')
  if (process.env.npm_lifecycle_event) setInterval(stopAlone, 100).unref()
  server.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

await command(async () => {
  process.env.NODE_ENV ??= 'development'
  const example = readExample(process.argv[2] ?? 'express')
  await askForPort()
  await step('Installing dependencies (a minute the first time)', install)
  await step('Building the packages', () => build(example.packageName))
  serve(example)
})
