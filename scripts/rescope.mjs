/**
 * `node scripts/rescope.mjs @acme [--out folder]`: the packages under a scope of your own, as tarballs that install from
 * their file paths or go to your registry. Nothing in the repository changes.
 */

import './machine/require-node.mjs'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { packAll, temporaryFolder } from './install/pack-all.mjs'
import { run } from './machine/run.mjs'
import { rescoped, scopeProblem } from './rescope/rename.mjs'

/** @typedef {import('./packed/pack.mjs').Packed} Packed */

const read = () => {
  const { values, positionals } = parseArgs({
    options: { out: { type: 'string', default: 'rescoped' } },
    allowPositionals: true,
  })
  const [scope = '', ...more] = positionals
  const problem = more.length > 0 ? `One scope, not also "${more.join(' ')}"` : scopeProblem(scope)
  if (problem) throw new Error(problem)
  return { scope, out: resolve(values.out) }
}

/** @param {Packed} packed @param {string} scope @param {string} out @returns {Promise<string>} what was made */
const repack = async ({ folder, files }, scope, out) => {
  for (const file of files) {
    const path = join(folder, file)
    const text = rescoped(file, readFileSync(path, 'utf8'), scope)
    if (text.includes('@auth/')) throw new Error(`${path} would still speak of @auth/`)
    writeFileSync(path, text)
  }
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', out]
  const { code, output } = await run('npm', args, { quiet: true, cwd: folder })
  if (code !== 0) throw new Error(`npm pack failed in ${folder}:\n${output}`)
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(out, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
}

const workshop = temporaryFolder('rescope')
try {
  const { scope, out } = read()
  mkdirSync(out, { recursive: true })
  console.error('Building and packing ...')
  const made = []
  for (const packed of await packAll(workshop.folder)) made.push(await repack(packed, scope, out))
  for (const tarball of made) console.log(tarball)
  const needed = made.filter((tarball) => /-(core|store-memory|express)-/.test(tarball))
  console.error(`\nWithout a registry, packages install together: npm install ${needed.join(' ')} express`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  workshop.remove()
}
