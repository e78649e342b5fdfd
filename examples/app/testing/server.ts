/** Starts an example as its users do: a process of its own, `node server.js`, on a free port. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export interface Running {
  readonly url: string
  /** Ends the process as an operator would, and says how it went. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Env = Record<string, string>

const DEADLINE = 15_000
const children = new Set<ChildProcess>()
// Even a test run that dies takes its servers along.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

const launch = (folder: string, env: Env) => {
  if (!existsSync(join(folder, '../../packages/core/dist/index.js'))) {
    throw new Error('The examples run on the built packages: run the build first.')
  }
  // Only what is given here: a NODE_ENV or a secret of the person who runs the tests must not decide them.
  const child = spawn(process.execPath, ['server.js'], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', PORT: '0', ...env },
  })
  children.add(child)
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk
  })
  const ended = once(child, 'close').then(([code]): Ended => {
    children.delete(child)
    return { code, ...output }
  })
  const late = setTimeout(() => child.kill('SIGKILL'), DEADLINE)
  return { child, output, ended, inTime: () => clearTimeout(late) }
}

/** Runs an example that is expected to end by itself. */
export const runToEnd = async (folder: string, env: Env = {}): Promise<Ended> => {
  const { ended, inTime } = launch(folder, env)
  const result = await ended
  inTime()
  return result
}

/** Starts an example and waits for the line that names its address. */
export const start = async (folder: string, env: Env = {}): Promise<Running> => {
  const { child, output, ended, inTime } = launch(folder, env)
  const listening = new Promise<string>((resolve) => {
    child.stdout.on('data', () => {
      const url = output.stdout.match(/http:\/\/localhost:\d+/)?.[0]
      if (url) resolve(url)
    })
  })
  const failed = ended.then(({ code, stderr }): never => {
    throw new Error(`The example ended with ${code}:\n${stderr}`)
  })
  failed.catch(() => undefined)
  const url = await Promise.race([listening, failed])
  inTime()
  return {
    url,
    stop: async (signal = 'SIGTERM') => {
      const late = setTimeout(() => child.kill('SIGKILL'), DEADLINE)
      child.kill(signal)
      const result = await ended
      clearTimeout(late)
      return result
    },
  }
}
