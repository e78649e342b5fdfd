/** The packages that are for others, and what a release would pack of them. */

import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { must, pnpm, readJson, root } from './machine.mjs'

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {Record<string, Record<string, string>>} [exports]
 * @property {Record<string, string>} [scripts]
 * @property {{ registry?: string }} [publishConfig]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 */

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} home the package's folder in the repository
 * @property {Manifest} manifest the one in the tarball
 * @property {string} tarball
 * @property {string} folder where it is unpacked: `<into>/node_modules/<name>`
 */

/** On the public registry, names of this scope belong to another project. */
export const PUBLIC_REGISTRIES = /^https?:\/\/([^/]*\.)?(npmjs\.(org|com)|yarnpkg\.com)(\/|:|$)/i

/** Every package that is published: its folder and its manifest in the repository. */
export const publicPackages = () =>
  readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => join(root, 'packages', name))
    .filter((home) => existsSync(join(home, 'package.json')))
    .map((home) => ({ home, manifest: /** @type {Manifest} */ (readJson(join(home, 'package.json'))) }))
    .filter(({ manifest }) => !('private' in manifest))

/** Every public entry point, as `@auth/core/http`, and the source behind it. */
export const entryPoints = () =>
  publicPackages().flatMap(({ home, manifest }) =>
    Object.entries(manifest.exports ?? {}).map(([path, target]) => ({
      entry: `${manifest.name}${path.slice(1)}`,
      source: join(home, target['@auth/source'] ?? ''),
    })),
  )

/**
 * Packs every public package as it was built, and unpacks it again, so that the checks see what users will.
 *
 * @param {string} into
 * @returns {Promise<Packed[]>}
 */
export const packAll = (into) => {
  return Promise.all(
    publicPackages().map(async ({ home, manifest: { name } }) => {
      const tarballs = join(into, 'tarballs', name)
      const folder = join(into, 'node_modules', name)
      for (const path of [tarballs, folder]) mkdirSync(path, { recursive: true })
      const { code, output } = await pnpm(['pack', '--pack-destination', tarballs], { cwd: home })
      if (code !== 0) throw new Error(`pnpm pack failed in ${home}:\n${output}`)
      const tarball = join(tarballs, readdirSync(tarballs)[0] ?? '')
      await must(`tar -xzf ${tarball} -C ${folder} --strip-components=1`)
      return { name, home, manifest: readJson(join(folder, 'package.json')), tarball, folder }
    }),
  )
}
