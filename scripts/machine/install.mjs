/** Installs the workspace's dependencies, exactly as locked, unless they are there already. */

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm, root } from './run.mjs'

const STAMP = join(root, 'node_modules', '.installed')

const ARGS = [
  'install',
  '--frozen-lockfile',
  '--prod=false', // NODE_ENV=production would leave out what the build needs
  '--config.confirmModulesPurge=false', // there may be nobody to ask
]

/** Native packages differ by platform, so the stamp does too. */
const wantedStamp = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .update(`${process.platform} ${process.arch} ${process.versions.modules}`)
    .digest('hex')

/** @returns {string[]} the folders of the workspace, relative to the root */
const members = () =>
  ['packages', 'examples']
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(group, name)))
    .filter((member) => existsSync(join(root, member, 'package.json')))

/** @param {string} member */
const hasModules = (member) => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, member, 'package.json'), 'utf8'),
  )
  const needsNone = Object.keys({ ...dependencies, ...devDependencies }).length === 0
  return needsNone || existsSync(join(root, member, 'node_modules'))
}

const isInstalled = () =>
  existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wantedStamp() && members().every(hasModules)

const NETWORK_TROUBLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|META_FETCH_FAIL|network/i

/** @param {{ code: number, output: string }} failed */
const reasonOf = ({ code, output }) => {
  if (code === 127) return 'npx was not found. It comes with npm, which comes with Node.js.'
  if (NETWORK_TROUBLE.test(output))
    return 'The package registry could not be reached. The first run needs it.'
  return 'Installing the dependencies failed.'
}

/** Installs if needed. Throws an error whose message says what to do. */
export const install = async () => {
  if (isInstalled()) return
  console.log('Installing dependencies (only when they have changed) ...')
  const result = await pnpm(ARGS, { quiet: true })
  if (result.code !== 0) throw new Error(`${result.output.trim()}\n\n${reasonOf(result)}`)
  writeFileSync(STAMP, wantedStamp())
}
