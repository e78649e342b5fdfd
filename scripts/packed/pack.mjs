/** Packs what would be published, and unpacks it again, so that the checks see what users will. */

import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm, root, run } from '../machine/run.mjs'

/** @typedef {import('../budgets/workspace.mjs').Manifest} Manifest */

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {Manifest} source the manifest in the repository
 * @property {Manifest} manifest the manifest in the tarball
 * @property {string} home the package's folder in the repository
 * @property {string} tarball
 * @property {string} folder where the tarball is unpacked
 * @property {string[]} files in it, relative
 */

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** @param {string} command @param {string[]} args @param {string} cwd */
const mustRun = async (command, args, cwd) => {
  const { code, output } = await run(command, args, { quiet: true, cwd })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${output}`)
}

/** The packages that are for others. @returns {string[]} their folders */
export const publicPackages = () =>
  readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => join(root, 'packages', name))
    .filter((home) => !readJson(join(home, 'package.json')).private)

/**
 * Packs one package into `<into>/tarballs` and unpacks it as `<into>/node_modules/<name>`.
 *
 * @param {string} home
 * @param {string} into
 * @returns {Promise<Packed>}
 */
export const packAndUnpack = async (home, into) => {
  const source = readJson(join(home, 'package.json'))
  const tarballs = join(into, 'tarballs', source.name)
  const folder = join(into, 'node_modules', source.name)
  for (const path of [tarballs, folder]) mkdirSync(path, { recursive: true })
  const { code, output } = await pnpm(['pack', '--pack-destination', tarballs], { quiet: true, cwd: home })
  if (code !== 0) throw new Error(`pnpm pack failed in ${home}:\n${output}`)
  const tarball = join(tarballs, readdirSync(tarballs)[0] ?? '')
  await mustRun('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'], into)
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return {
    name: source.name,
    source,
    manifest: readJson(join(folder, 'package.json')),
    home,
    tarball,
    folder,
    files: entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)),
  }
}
