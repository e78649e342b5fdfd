/** Runs the bundled Worker in workerd and talks to it over HTTP, as its clients would. */

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** @typedef {import('./programs/trial.js').Verdict} Verdict */

const START_DEADLINE = 20_000

const freePort = () =>
  new Promise((/** @type {(port: number) => void} */ resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address())
      probe.close(() => resolve(port))
    })
  })

/** No `nodejs_compat`: nothing of Node.js may be needed. @param {number} port */
const configuration = (port) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "in-worker.mjs")],
  compatibilityDate = "2025-01-01",
);
`

/** @param {boolean} holds @param {string} otherwise */
const check = (holds, otherwise) => {
  if (!holds) throw new Error(otherwise)
}

/** One session through many requests, each with an I/O context of its own. @param {string} base */
const story = async (base) => {
  const login = await fetch(`${base}/login`, { method: 'POST' })
  check(login.status === 200, `the login answers ${login.status}: ${await login.text()}`)
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const me = () => fetch(`${base}/me`, { headers: { cookie } }).then(({ status }) => status)
  const together = await Promise.all(Array.from({ length: 20 }, me))
  check(
    together.every((status) => status === 200),
    `20 requests at once answer ${together}`,
  )
  await pause(1500)
  check((await me()) === 200, 'a later request is refused')
  const logout = await fetch(`${base}/auth/logout`, { method: 'POST', headers: { cookie } })
  check(logout.status === 204, `the logout answers ${logout.status}`)
  check((await me()) === 401, 'a request after the logout passes')
}

/** @param {string} base @returns {Promise<Verdict>} */
const verdictOf = async (base) => {
  /** @type {Verdict} */
  const verdict = JSON.parse(await (await fetch(`${base}/verdict`)).text())
  return story(base).then(
    () => ({ ...verdict, passed: verdict.passed + 1 }),
    (error) => ({
      ...verdict,
      failures: [...verdict.failures, { name: 'one session through many requests', message: error.message }],
    }),
  )
}

/**
 * @param {string} binary
 * @param {string} project where `in-worker.mjs` lies
 * @returns {Promise<Verdict>}
 */
export const runInWorkerd = async (binary, project) => {
  const port = await freePort()
  writeFileSync(join(project, 'config.capnp'), configuration(port))
  const child = spawn(binary, ['serve', 'config.capnp'], { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  const gone = new Promise((resolve) => child.once('close', resolve))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const base = `http://127.0.0.1:${port}`
  try {
    const since = Date.now()
    while (!(await fetch(base).catch(() => null))) {
      check(child.exitCode === null && Date.now() - since < START_DEADLINE, 'workerd does not answer')
      await pause(50)
    }
    return await verdictOf(base)
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${output}`)
  } finally {
    end()
    await gone
    process.off('exit', end)
  }
}
