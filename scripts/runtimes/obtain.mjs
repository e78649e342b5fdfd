/** Gets runtimes through npm into a cache outside the workspace, and asks them what they are. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../machine/run.mjs'

/** @typedef {import('./catalog.mjs').Runtime} Runtime */

const CACHE = join(root, 'node_modules/.cache/auth-runtimes')

/**
 * The path of a runtime's binary.
 *
 * @param {Runtime} runtime
 * @returns {Promise<string>}
 */
export const obtain = async ({ name, spec, packageName, binary }) => {
  if (name === `node${process.versions.node.split('.')[0]}`) return process.execPath
  const folder = join(CACHE, name)
  const path = join(folder, 'node_modules', packageName, binary)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', spec]
  const { code, output } = await run('npm', args, { quiet: true, cwd: folder })
  if (code !== 0 || !existsSync(path))
    throw new Error(`${name} could not be had: npm ${args.join(' ')}\n${output}`)
  return path
}

/**
 * The version that a binary states.
 *
 * @param {string} binary
 * @returns {Promise<string>}
 */
export const versionOf = async (binary) => {
  const { code, output } = await run(binary, ['--version'], { quiet: true })
  if (code !== 0) throw new Error(`${binary} does not run:\n${output}`)
  return /\d+[\d.-]*\d/.exec(output)?.[0] ?? output.trim()
}
