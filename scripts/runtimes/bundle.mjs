/** Makes plain ESM of the programs: our packages by their names, so that what runs is what was packed. */

import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { root } from '../machine/run.mjs'

/** A source of ours as the name under which it is published: `.../packages/core/src/http/index.js` is `@auth/core/http`. */
const OUR_SOURCE = /packages\/([\w-]+)\/src\/(?:([\w-]+)\/)?index\.js$/

/** What of the testkit runs everywhere; the rest of it starts Redis servers. */
const TESTKIT = "export { serve } from './serve.ts'\nexport { browserJar } from './browser-jar.ts'"

/** @param {string} project where everything else is installed @returns {import('esbuild').Plugin} */
const published = (project) => ({
  name: 'published',
  setup: (build) => {
    const testkit = join(root, 'packages/testkit/src')
    build.onResolve({ filter: /^@auth\/testkit$/ }, () => ({ path: 'testkit', namespace: 'testkit' }))
    build.onLoad({ filter: /.*/, namespace: 'testkit' }, () => ({ contents: TESTKIT, resolveDir: testkit }))
    build.onResolve({ filter: /^\.{1,2}\/.*\/index\.js$/ }, ({ path, resolveDir }) => {
      const [, name, entry] = OUR_SOURCE.exec(resolve(resolveDir, path)) ?? []
      if (!name) return undefined
      return build.resolve(`@auth/${name}${entry ? `/${entry}` : ''}`, {
        kind: 'import-statement',
        resolveDir: project,
      })
    })
    // Unused, these go: what a program imports for a socket must not follow it into a Worker.
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }))
    build.onResolve({ filter: /^[@a-z]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData || resolveDir.startsWith(project)) return undefined
      const found = await build.resolve(path, { kind, resolveDir: project, pluginData: true })
      return path === '@hono/node-server' ? { ...found, sideEffects: false } : found
    })
  },
})

/**
 * @param {string} program a file of programs/
 * @param {string} project
 * @param {string} name of the file to write there
 * @param {import('esbuild').BuildOptions} options
 */
const bundle = async (program, project, name, options) => {
  await build({
    entryPoints: [join(root, 'scripts/runtimes/programs', program)],
    outfile: join(project, name),
    absWorkingDir: project,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    treeShaking: true,
    logLevel: 'error',
    plugins: [published(project)],
    ...options,
  })
  return name
}

/** For Node.js, Bun and Deno: packages stay imports, which the runtime resolves itself. @param {string} project */
export const bundleForServers = (project) =>
  bundle('on-server.ts', project, 'on-server.mjs', { platform: 'node', packages: 'external' })

/** For workerd: one file without any import. @param {string} project */
export const bundleForWorkers = (project) =>
  bundle('in-worker.ts', project, 'in-worker.mjs', {
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'import'],
  })
