/**
 * `npm run release -- --dry-run`: packs what would be published into release/, with a software bill of materials each,
 * and verifies the signatures of what it depends on. Without `--dry-run` it also publishes, to the registry that
 * RELEASE_REGISTRY names and to no other.
 */

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build, command, createProject, install, must, root, run, temporaryFolder } from './machine.mjs'
import { PUBLIC_REGISTRIES, packAll } from './packages.mjs'

/** The registry, or an error that says why there is none. */
const registryOf = (value = '') => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isLocal = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost'
  if (!url || !(url.protocol === 'https:' || isLocal))
    throw new Error('Set RELEASE_REGISTRY to the https address of the registry to publish to.')
  if (PUBLIC_REGISTRIES.test(url.href))
    throw new Error(`${url.host} is the public registry, where names of this scope are another project's.`)
  return url.href
}

/** What an application gets with a package, as CycloneDX. @param {string} name @param {readonly string[]} tarballs */
const billOf = async (name, tarballs) => {
  const project = createProject()
  try {
    project.write(
      'package.json',
      JSON.stringify({ name: `with-${basename(name)}`, version: '1.0.0', private: true }),
    )
    await project.run(`npm install --ignore-scripts ${tarballs.join(' ')}`)
    const bill = JSON.parse(await project.run('npm sbom --sbom-format=cyclonedx --sbom-type=library'))
    const { code, output } = await run('npm', ['audit', 'signatures'], { cwd: project.folder })
    // A registry that signs nothing has nothing to verify, and offline the keys cannot be had; a wrong signature fails.
    const cannot = /(found no|no) (dependencies|installed|packages)|ENOTFOUND|ECONNREFUSED|not support/i.exec(
      output,
    )
    if (code !== 0 && !cannot) throw new Error(`npm audit signatures, for ${name}:\n${output}`)
    const signatures = cannot ? `signatures NOT verified (${cannot[0]})` : 'signatures verified'
    return { bill, signatures }
  } finally {
    project.remove()
  }
}

await command(async () => {
  const isDry = process.argv.includes('--dry-run')
  const registry = isDry ? '' : registryOf(process.env.RELEASE_REGISTRY)
  const workshop = temporaryFolder('release')
  try {
    await install()
    await build()
    const folder = join(root, 'release')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    const packed = await packAll(workshop.folder)
    for (const { name, manifest, tarball } of packed) {
      const needs = packed.filter((each) => each.name === name || each.name in { ...manifest.dependencies })
      const { bill, signatures } = await billOf(
        name,
        needs.map((each) => each.tarball),
      )
      const file = basename(tarball)
      copyFileSync(tarball, join(folder, file))
      writeFileSync(join(folder, file.replace('.tgz', '.cdx.json')), JSON.stringify(bill, null, 2))
      console.log(`${file}: ${bill.components.length} components; ${signatures}`)
    }
    if (isDry) return
    // The scope's own line in an .npmrc would win over --registry, and `publishConfig` loses against both.
    const to = `--registry=${registry} --@auth:registry=${registry}`
    const provenance = process.env.ACTIONS_ID_TOKEN_REQUEST_URL ? ' --provenance' : ''
    for (const { tarball } of packed) console.log(await must(`npm publish ${tarball} ${to}${provenance}`))
  } finally {
    workshop.remove()
  }
})
