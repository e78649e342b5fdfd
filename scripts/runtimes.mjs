/**
 * `npm run test:runtimes [-- --only node20,workerd]`: the contracts, out of the packed packages, on every runtime. They are
 * installed into a folder of their own, as a user would: Deno would otherwise rewrite the workspace.
 */

import './machine/require-node.mjs'
import { packAll, temporaryFolder } from './install/pack-all.mjs'
import { createProject } from './install/project.mjs'
import { run } from './machine/run.mjs'
import { bundleForServers, bundleForWorkers } from './runtimes/bundle.mjs'
import { selected } from './runtimes/catalog.mjs'
import { obtain, versionOf } from './runtimes/obtain.mjs'
import { runInWorkerd } from './runtimes/workerd.mjs'

/** @typedef {import('./runtimes/catalog.mjs').Runtime} Runtime */
/** @typedef {import('./runtimes/programs/trial.js').Verdict} Verdict */

/** What the contract applications need besides our packages. */
const OTHERS = [
  'express@5 express4@npm:express@4 koa@3 koa2@npm:koa@2 @koa/router @koa/bodyparser',
  'hono@4 @hono/node-server tough-cookie',
]

/** @param {string} binary @param {readonly string[]} args @param {string} cwd @returns {Promise<Verdict>} */
const runOnServer = async (binary, args, cwd) => {
  const env = { NODE_ENV: undefined, NODE_OPTIONS: undefined, NODE_PATH: undefined }
  const { output } = await run(binary, [...args, 'on-server.mjs'], { quiet: true, cwd, env })
  const line = output.split('\n').find((text) => text.startsWith('verdict '))
  if (!line) throw new Error(`it printed no verdict:\n${output}`)
  return JSON.parse(line.slice('verdict '.length))
}

/** @param {Runtime} runtime @param {string} project @returns {Promise<boolean>} whether all passed */
const passesOn = async (runtime, project) => {
  let label = runtime.name
  try {
    const binary = await obtain(runtime)
    label = `${runtime.name.replace(/\d+$/, '')} ${await versionOf(binary)}`
    const { passed, failures } = await (runtime.kind === 'worker'
      ? runInWorkerd(binary, project)
      : runOnServer(binary, runtime.args, project))
    console.log(`${label}: ${passed} passed, ${failures.length} failed`)
    for (const { name, message } of failures)
      console.error(`  ${name}\n    ${message.replaceAll('\n', '\n    ')}`)
    return failures.length === 0
  } catch (error) {
    console.log(`${label}: 0 passed, 1 failed`)
    console.error(`  ${error instanceof Error ? error.message : error}`)
    return false
  }
}

const workshop = temporaryFolder('packed')
const project = createProject()
try {
  const runtimes = selected(process.argv)
  const packed = await packAll(workshop.folder)
  const tarballs = packed.map(({ tarball }) => tarball)
  await project.run(`npm install --no-save ${[...tarballs, ...OTHERS].join(' ')}`)
  await Promise.all([bundleForServers(project.folder), bundleForWorkers(project.folder)])
  const outcomes = []
  for (const runtime of runtimes) outcomes.push(await passesOn(runtime, project.folder))
  process.exitCode = outcomes.every(Boolean) ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  project.remove()
  workshop.remove()
}
