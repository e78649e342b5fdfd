/**
 * `node scripts/rescope.mjs @acme [--out folder]`: the packages under a scope of your own, as tarballs that install from
 * their file paths or go to your registry. Nothing in the repository changes.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build, command, install, must, temporaryFolder } from './machine.mjs'
import { packAll } from './packages.mjs'

/** What an application installs beside each adapter. */
const FRAMEWORKS = { express: 'express', koa: 'koa @koa/router', hono: 'hono @hono/node-server' }

/** Paragraphs about who owns the names on the public registry: true of this scope, not of another. */
const ABOUT_OUR_NAMES = /\n(?=[^\n]*public npm registry)[^\n]+(?:\n[^\n]+)*\n/g

const read = () => {
  const options = /** @type {const} */ ({ out: { type: 'string', default: 'rescoped' } })
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [scope = '', ...more] = positionals
  if (!/^@[a-z0-9][a-z0-9._-]*$/.test(scope) || scope === '@auth' || more.length > 0)
    throw new Error(
      `Say which scope: node scripts/rescope.mjs @acme [--out folder]; "${positionals.join(' ')}" is none`,
    )
  return { scope, out: resolve(values.out) }
}

/** One file of a tarball under the new scope; the manifest without a registry: the new owner's npm knows theirs. */
/** @param {string} file @param {string} text @param {string} scope */
const rescoped = (file, text, scope) => {
  const {
    devDependencies: _,
    scripts: __,
    publishConfig: ___,
    ...kept
  } = file === 'package.json' ? JSON.parse(text) : {}
  const own =
    file === 'package.json'
      ? `${JSON.stringify({ ...kept, publishConfig: { access: 'restricted' } }, null, 2)}\n`
      : text.replace(file === 'README.md' ? ABOUT_OUR_NAMES : /$^/, '')
  const renamed = own.replace(/@auth(?=[/:`])/g, () => scope)
  if (renamed.includes('@auth/')) throw new Error(`${file} would still speak of @auth/`)
  return renamed
}

await command(async () => {
  const { scope, out } = read()
  const workshop = temporaryFolder('rescope')
  try {
    console.error('Installing, building and packing ...')
    await install()
    await build()
    mkdirSync(out, { recursive: true })
    /** @type {Record<string, string>} */
    const made = {}
    for (const { name, folder } of await packAll(workshop.folder)) {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name)
        if (entry.isFile()) writeFileSync(path, rescoped(entry.name, readFileSync(path, 'utf8'), scope))
      }
      const output = await must(`npm pack --silent --ignore-scripts --pack-destination ${out}`, {
        cwd: folder,
      })
      made[name] = join(out, output.trim())
      console.log(made[name])
    }
    console.log('\nWithout a registry, packages install together:')
    for (const [name, others] of Object.entries(FRAMEWORKS)) {
      const needed = ['core', 'store-memory', name].map((each) => made[`@auth/${each}`])
      console.log(`npm install ${needed.join(' ')} ${others}`)
    }
  } finally {
    workshop.remove()
  }
})
