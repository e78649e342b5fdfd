/** A fresh process for each variant, and questions to it. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('./child.mjs', import.meta.url))
const running = new Set()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a variant; resolves when it is ready. @param {string} section @param {string} name */
export const startVariant = async (section, name) => {
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = fork(PROGRAM, [section, name], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  running.add(child)
  const gone = once(child, 'exit').then(() => {
    throw new Error(`${section}: "${name}" ended before it had answered`)
  })
  // Stopping it is no failure.
  gone.catch(() => undefined)
  const answer = async () => {
    const [message] = await Promise.race([once(child, 'message'), gone])
    return message
  }
  const { port } = await answer()
  return {
    port,
    pid: child.pid,
    /** @param {string} question @param {unknown} [argument] */
    ask: (question, argument) => {
      child.send({ question, argument })
      return answer()
    },
    stop: async () => {
      running.delete(child)
      child.kill('SIGKILL')
      await gone.catch(() => undefined)
    },
  }
}
