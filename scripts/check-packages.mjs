/** `npm run check:packages`: packs every public package and holds the tarballs to what users rely on. */

import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publicExports } from './budgets/public-exports.mjs'
import { readWorkspace } from './budgets/workspace.mjs'
import { root } from './machine/run.mjs'
import { contentComplaints } from './packed/contents.mjs'
import { linkDependencies, loadComplaints } from './packed/load.mjs'
import { packAndUnpack, publicPackages } from './packed/pack.mjs'
import { attwComplaints, IGNORED_BY_ATTW, publintComplaints } from './packed/types.mjs'

/** @typedef {import('./packed/pack.mjs').Packed} Packed */

const surface = publicExports(readWorkspace(root))

/** @param {Packed} packed */
const entriesOf = ({ name }) =>
  [...surface].filter(([entry]) => entry === name || entry.startsWith(`${name}/`))

/** @param {Packed} packed @param {string} project */
const complaintsAbout = async (packed, project) => {
  const texts = new Map(packed.files.map((file) => [file, readFileSync(join(packed.folder, file), 'utf8')]))
  const loading = entriesOf(packed).map(([entry, exported]) =>
    loadComplaints(
      entry,
      exported.filter(({ isType }) => !isType).map(({ name }) => name),
      project,
    ),
  )
  const found = await Promise.all([
    contentComplaints({ ...packed, texts }),
    publintComplaints(packed),
    attwComplaints(packed),
    ...loading,
  ])
  return found.flat()
}

const project = realpathSync(mkdtempSync(join(tmpdir(), 'auth-packed-')))
try {
  const all = await Promise.all(publicPackages().map((home) => packAndUnpack(home, project)))
  linkDependencies(all, project)
  for (const packed of all) {
    const complaints = await complaintsAbout(packed, project)
    const { version } = packed.manifest
    const entries = entriesOf(packed).length
    console.log(
      `${packed.name} ${version}: ${packed.files.length} files, ${entries} entries as ESM and CommonJS`,
    )
    for (const complaint of complaints) console.error(`  ${complaint}`)
    if (complaints.length > 0) process.exitCode = 1
  }
  for (const { args, reason } of IGNORED_BY_ATTW) console.log(`attw ${args.join(' ')}: ${reason}`)
} finally {
  rmSync(project, { recursive: true, force: true })
}
