/** The program of one variant in one process: prepares it, then runs it for as long as it is told. */

import { SECTIONS } from '../sections/index.mjs'

const [section, name] = process.argv.slice(2)
const { create } = SECTIONS[section].variants[name]
const made = await create()

const cpuTime = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

const loopOf = ({ operation, isSynchronous }) => {
  if (!isSynchronous) {
    return async (until) => {
      let count = 0
      for (; performance.now() < until; count += 1) await operation()
      return count
    }
  }
  return async (until) => {
    let count = 0
    for (; performance.now() < until; count += 10) for (let at = 0; at < 10; at += 1) operation()
    return count
  }
}

/** How often the operation ran, and the CPU time of the whole process, garbage collector and thread pool included. */
const run = async (milliseconds) => {
  const loop = loopOf(made)
  const [cpu, start] = [cpuTime(), performance.now()]
  const lanes = Array.from({ length: made.lanes ?? 1 }, () => loop(start + milliseconds))
  const count = (await Promise.all(lanes)).reduce((sum, each) => sum + each, 0)
  return { count, cpu: cpuTime() - cpu, wall: performance.now() - start }
}

const ANSWERS = { run, cpu: cpuTime }

process.on('message', async ({ question, argument }) => process.send(await ANSWERS[question](argument)))
process.send({ port: made.port })
