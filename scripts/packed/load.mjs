/** Loads unpacked tarballs in a plain Node.js, as ESM and as CommonJS, and compares what they export with the sources. */

import { existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from '../machine/run.mjs'

/** @typedef {import('./pack.mjs').Packed} Packed */

/**
 * Puts what the packages depend on beside them, from the workspace, without a network.
 *
 * @param {readonly Packed[]} all
 * @param {string} project
 */
export const linkDependencies = (all, project) => {
  const own = all.map(({ name }) => name)
  for (const { home, manifest } of all) {
    const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    for (const name of needed.filter((dependency) => !own.includes(dependency))) {
      const link = join(project, 'node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      if (!existsSync(link)) symlinkSync(realpathSync(join(home, 'node_modules', name)), link, 'junction')
    }
  }
}

const LOADERS = [
  {
    format: 'ESM',
    args: ['--input-type=module'],
    load: (/** @type {string} */ entry) => `await import('${entry}')`,
  },
  {
    format: 'CommonJS',
    args: ['--input-type=commonjs'],
    load: (/** @type {string} */ entry) => `require('${entry}')`,
  },
]

/** A `require` of ESM, which newer versions allow, would hide what older tools cannot load. */
const NO_REQUIRE_OF_ESM = process.allowedNodeEnvironmentFlags.has('--experimental-require-module')
  ? ['--no-experimental-require-module']
  : []

/**
 * @param {string} entry
 * @param {readonly string[]} expected the names that the sources export
 * @param {string} project
 * @returns {Promise<string[]>}
 */
export const loadComplaints = async (entry, expected, project) => {
  const wanted = [...expected].sort().join(', ')
  const complaints = await Promise.all(
    LOADERS.map(async ({ format, args, load }) => {
      const program = `console.log(Object.keys(${load(entry)}).sort().join(', '))`
      const flags = [...NO_REQUIRE_OF_ESM, ...args, '-e', program]
      const { code, output } = await run(process.execPath, flags, { quiet: true, cwd: project })
      if (code !== 0) return [`${entry} does not load as ${format}:\n${output}`]
      return output.trim() === wanted
        ? []
        : [`${entry} as ${format} exports ${output.trim()}; its source ${wanted}`]
    }),
  )
  return complaints.flat()
}
