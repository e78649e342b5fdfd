/** `npm run check:packages`: packs every public package as it was built, and holds the tarballs to what users rely on. */

import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { command, readJson, root, run, temporaryFolder } from './machine.mjs'
import { entryPoints, PUBLIC_REGISTRIES, packAll } from './packages.mjs'

/** @typedef {import('./packages.mjs').Packed & { source: import('./packages.mjs').Manifest, files: string[] }} Tarball */
/** @typedef {(tarball: Tarball) => Promise<string[]>} Rule each complaint is a line */

/** Packages that may import Node.js's own modules, and the one file of the others that `imports` chooses on Node.js. */
const NEEDS_NODE = /^@auth\/(store-redis|store-sql|takeover|cli)$/
const FOR_NODE = /^dist\/platform\/node\./

/** What of HTTP must survive a bundler in its own entry, and must not be found in core's. */
const GUARDS = ['Set-Cookie', 'WWW-Authenticate', 'HttpOnly', 'SameSite', 'Sec-Fetch-Site', '__Host-']

/** @type {Rule} */
const contents = async ({ name, files, manifest, source }) => {
  const registry = source.publishConfig?.registry ?? 'https://registry.npmjs.org'
  const stray = files.filter((file) => !/^(dist\/.*|README\.md|LICENSE|package\.json)$/.test(file))
  const scripts = Object.keys(manifest.scripts ?? {}).filter((script) => /install|prepare/.test(script))
  const ranges = JSON.stringify({ ...manifest.dependencies, ...manifest.peerDependencies })
  const budgets = readFileSync(join(root, '.size-limit.json'), 'utf8')
  const isShipped = name !== '@auth/contracts' // what runs in tests only may weigh what it likes
  const complaints = {
    'README.md or LICENSE is missing': !files.includes('README.md') || !files.includes('LICENSE'),
    [`${stray} does not belong in it`]: stray.length > 0,
    [`it runs a script when it is installed: ${scripts}`]: scripts.length > 0,
    'publishConfig names no registry, or the public one': PUBLIC_REGISTRIES.test(registry),
    'a range like ^0.1 would find the package of another project': manifest.version.startsWith('0.'),
    'its package.json still speaks of the workspace': /"(workspace|catalog):/.test(ranges),
    'it has no size budget': isShipped && !budgets.includes(name.replace('@auth', 'packages')),
  }
  return Object.entries(complaints).flatMap(([complaint, holds]) => (holds ? [complaint] : []))
}

/** node10 resolution is left out: it does not know `exports`, and TypeScript 6 deprecates it. */
const TOOLS = [
  ['publint', 'run', '--strict'],
  ['attw', '--no-color', '--format', 'ascii', '--profile', 'node16'],
]

/** @type {Rule} */
const tools = async ({ tarball }) => {
  const runs = TOOLS.map(([tool = '', ...args]) =>
    run(join(root, 'node_modules/.bin', tool), [...args, tarball]),
  )
  return (await Promise.all(runs)).filter(({ code }) => code !== 0).map(({ output }) => output.trim())
}

/** What its files import from outside. @type {Rule} */
const imports = async ({ name, folder, manifest, files }) => {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, [name]: '' })
  const code = files.filter((file) => /\.c?js$/.test(file))
  const { metafile } = await build({
    entryPoints: Object.fromEntries(code.map((file) => [file, file])),
    absWorkingDir: folder,
    outdir: 'unwritten',
    write: false,
    bundle: true,
    metafile: true,
    packages: 'external',
    logLevel: 'silent',
  })
  return Object.entries(metafile.inputs).flatMap(([file, input]) =>
    input.imports.flatMap(({ path, external }) => {
      const wanted = path.split('/', path.startsWith('@') ? 2 : 1).join('/')
      const isNode = builtinModules.includes(path.replace('node:', ''))
      if (!external || (isNode && (NEEDS_NODE.test(name) || FOR_NODE.test(file)))) return []
      if (isNode) return [`${file} needs Node.js (${path})`]
      if (file.endsWith('.cjs') && wanted === 'jose') return [`${file} requires jose, which is ESM only`]
      return declared.includes(wanted) ? [] : [`${file} imports ${path}, which is not declared`]
    }),
  )
}

/** A `require` of ESM, which newer versions allow, would hide what older tools cannot load. */
const FLAGS = process.allowedNodeEnvironmentFlags.has('--experimental-require-module')
  ? ['--no-experimental-require-module']
  : []

/** Each entry loads as ESM and as CommonJS, and exports the names that are pinned. @type {Rule} */
const loading = async ({ name, folder }) => {
  const pinned = readJson(join(root, 'packages/public-names.json'))
  const mine = entryPoints().filter(({ entry }) => entry === name || entry.startsWith(`${name}/`))
  const tries = mine.flatMap(({ entry }) =>
    [`await import('${entry}')`, `require('${entry}')`].map(async (load) => {
      const type = load.startsWith('await') ? 'module' : 'commonjs'
      const program = `console.log(JSON.stringify(Object.keys(${load}).sort()))`
      const args = [...FLAGS, `--input-type=${type}`, '-e', program]
      const { output } = await run(process.execPath, args, { cwd: folder })
      const wanted = JSON.stringify(pinned[entry]?.values)
      return output.trim() === wanted ? [] : [`${load} gives ${output.trim()}, pinned is ${wanted}`]
    }),
  )
  return (await Promise.all(tries)).flat()
}

/** What a bundler makes of an entry. @param {string} entry @param {string} resolveDir */
const bundled = async (entry, resolveDir) => {
  const stdin = { contents: `export * from '${entry}'`, resolveDir }
  const options = {
    mainFields: ['module', 'main'],
    conditions: ['import'],
    logLevel: /** @type {const} */ ('silent'),
  }
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    ...options,
  })
  return outputFiles[0]?.text ?? ''
}

/** A bundler takes no guard of HTTP away, lets none leak into core, and takes nothing of Node.js along. @type {Rule} */
const purity = async ({ name, folder }) => {
  if (name !== '@auth/core') return []
  const [core, http] = [await bundled(name, folder), await bundled(`${name}/http`, folder)]
  return [
    ...GUARDS.filter((word) => core.includes(word)).map((word) => `${word} leaks into a bundle of ${name}`),
    ...GUARDS.filter((word) => !http.includes(word)).map(
      (word) => `a bundle of ${name}/http has lost ${word}`,
    ),
    ...(/(from|require\()\s*["']node:/.test(core) ? [`a bundle of ${name} needs Node.js`] : []),
  ]
}

/** Puts what a package depends on beside it, from the workspace; our own are there already. @param {Tarball} tarball */
const linkDependencies = ({ home, folder, manifest }) => {
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const link = join(folder, '../..', name)
    if (existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(home, 'node_modules', name)), link, 'junction')
  }
}

await command(async () => {
  const workshop = temporaryFolder('packed')
  try {
    const all = (await packAll(workshop.folder)).map((packed) => ({
      ...packed,
      source: readJson(join(packed.home, 'package.json')),
      files: readdirSync(packed.folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(packed.folder.length + 1)
            .replaceAll('\\', '/'),
        ),
    }))
    all.forEach(linkDependencies)
    for (const tarball of all) {
      const found = await Promise.all(
        [contents, tools, imports, loading, purity].map((rule) => rule(tarball)),
      )
      console.log(`${tarball.name} ${tarball.manifest.version}: ${tarball.files.length} files`)
      for (const complaint of found.flat()) console.error(`  ${tarball.name}: ${complaint}`)
      if (found.flat().length > 0) process.exitCode = 1
    }
  } finally {
    workshop.remove()
  }
})
