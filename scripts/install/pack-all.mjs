/** Builds what is stale and packs every public package, as a release would. */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install } from '../machine/install.mjs'
import { pnpm } from '../machine/run.mjs'
import { packAndUnpack, publicPackages } from '../packed/pack.mjs'

/** @typedef {import('../packed/pack.mjs').Packed} Packed */

/** A new folder for one run. @param {string} purpose */
export const temporaryFolder = (purpose) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `auth-${purpose}-`)))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** @param {string} into @returns {Promise<Packed[]>} */
export const packAll = async (into) => {
  await install()
  const { code, output } = await pnpm(['run', '--silent', 'build'], { quiet: true })
  if (code !== 0) throw new Error(`The packages do not build, so they cannot be packed:\n${output}`)
  return Promise.all(publicPackages().map((home) => packAndUnpack(home, into)))
}
