/**
 * `npm run test:runtimes [-- node20 workerd]`: the contracts, out of the packed packages, on every runtime. They are
 * installed into a folder of their own, as a user would: Deno would otherwise rewrite the workspace.
 */

import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { build as buildPackages, command, createProject, root, run, temporaryFolder } from './machine.mjs'
import { packAll } from './packages.mjs'

const SERVER = 'on-server.mjs'

/** Each runtime: the npm package that ships it, and its command line. */
const RUNTIMES = {
  ...Object.fromEntries([20, 22, 24, 26].map((major) => [`node${major}`, [`node@${major}`, 'node', SERVER]])),
  bun: ['bun@1', 'bun', SERVER],
  deno: ['deno@2', 'deno', 'run', '--allow-all', '--quiet', '--node-modules-dir=manual', SERVER],
  workerd: ['workerd@1', 'workerd', 'test', 'config.capnp'],
}

/** No `nodejs_compat`: nothing of Node.js may be needed. */
const WORKERD = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "in-worker.mjs")],
  bindings = [(name = "self", service = "main")],
  compatibilityDate = "2025-01-01",
);
`

/** What the contract applications need besides our packages. */
const OTHERS =
  'express@5 express4@npm:express@4 koa@3 koa2@npm:koa@2 @koa/router @koa/bodyparser hono@4 @hono/node-server tough-cookie'

/** A source of ours becomes the name under which it is published: what runs is what was packed. */
const SOURCE = /packages\/([\w-]+)\/src\/(?:([\w-]+)\/)?index\.[jt]s$/

/** What of the testkit runs everywhere; the rest of it starts servers. */
const TESTKIT = "export { serve } from './serve.ts'\nexport { browserJar } from './browser-jar.ts'"

/** @param {string} project @returns {import('esbuild').Plugin} */
const published = (project) => ({
  name: 'published',
  setup: (building) => {
    const from = { kind: /** @type {const} */ ('import-statement'), resolveDir: project }
    building.onResolve({ filter: /^@auth\/testkit$/ }, ({ path }) => ({ path, namespace: 'testkit' }))
    building.onLoad({ filter: /.*/, namespace: 'testkit' }, () => ({
      contents: TESTKIT,
      resolveDir: join(root, 'packages/testkit/src'),
    }))
    building.onResolve({ filter: /^\..*\/index\.js$/ }, ({ path, resolveDir }) => {
      const [, name, entry] = SOURCE.exec(resolve(resolveDir, path).replaceAll('\\', '/')) ?? []
      return name ? building.resolve(`@auth/${name}${entry ? `/${entry}` : ''}`, from) : undefined
    })
    // Unused, these go: what a program imports for a socket must not follow it into a Worker.
    building.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }))
    building.onResolve({ filter: /^[@a-z]/ }, async ({ path, resolveDir, pluginData }) => {
      if (pluginData || resolveDir.startsWith(project)) return undefined
      const found = await building.resolve(path, { ...from, pluginData: true })
      return path === '@hono/node-server' ? { ...found, sideEffects: false } : found
    })
  },
})

/** @param {string} project @param {string} program @param {import('esbuild').BuildOptions} options */
const bundle = (project, program, options) =>
  build({
    entryPoints: [join(root, 'packages/testkit/test/runtimes', program.replace('.mjs', '.ts'))],
    outfile: join(project, program),
    absWorkingDir: project,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    logLevel: 'error',
    plugins: [published(project)],
    ...options,
  })

/** @param {string} name @param {readonly string[]} row @param {string} cwd @returns {Promise<boolean>} whether all passed */
const passesOn = async (name, [spec = '', ...line], cwd) => {
  const env = { NODE_ENV: undefined, NODE_OPTIONS: undefined, NODE_PATH: undefined }
  const { output } = await run('npm', ['exec', '-y', `--package=${spec}`, '--', ...line], { cwd, env })
  const verdict = /verdict (\{.*\})/.exec(output)?.[1]
  if (!verdict) console.log(`${name}: 0 passed, 1 failed\n  it printed no verdict:\n${output}`)
  if (!verdict) return false
  const { runtime, passed, failures } = JSON.parse(verdict)
  console.log(`${name} (${runtime}): ${passed} passed, ${failures.length} failed`)
  for (const { test, message } of failures)
    console.log(`  ${test}\n    ${message.replaceAll('\n', '\n    ')}`)
  return failures.length === 0
}

await command(async () => {
  const names = process.argv.slice(2)
  const unknown = names.filter((name) => !(name in RUNTIMES))
  if (unknown.length > 0)
    throw new Error(`There is no ${unknown.join(', ')}; there are ${Object.keys(RUNTIMES).join(', ')}`)
  const workshop = temporaryFolder('packed')
  const project = createProject()
  try {
    await buildPackages()
    const tarballs = (await packAll(workshop.folder)).map(({ tarball }) => tarball)
    await project.run(`npm install --no-save ${tarballs.join(' ')} ${OTHERS}`)
    project.write('config.capnp', WORKERD)
    await bundle(project.folder, SERVER, { platform: 'node', packages: 'external' })
    await bundle(project.folder, 'in-worker.mjs', {
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker', 'import'],
    })
    for (const [name, row] of Object.entries(RUNTIMES)) {
      if (names.length === 0 || names.includes(name))
        if (!(await passesOn(name, row, project.folder))) process.exitCode = 1
    }
  } finally {
    project.remove()
    workshop.remove()
  }
})
