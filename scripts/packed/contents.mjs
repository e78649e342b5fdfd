/** What a tarball must and must not contain. Each rule returns its complaints. */

import { builtinModules } from 'node:module'
import { NEEDS_NODE } from '../budgets/ladder.mjs'

/** @typedef {import('../budgets/workspace.mjs').Manifest} Manifest */

/**
 * @typedef {object} Contents
 * @property {string} name
 * @property {Manifest} manifest the one in the tarball
 * @property {Manifest} source the one in the repository
 * @property {ReadonlyMap<string, string>} texts every file in it, with its text
 */

/** @typedef {(contents: Contents) => string[]} Rule */

const WANTED_FILES = ['package.json', 'README.md', 'LICENSE']

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare']

/** On the public registry, names of this scope belong to another project. */
const PUBLIC_REGISTRIES = /(^|\.)(npmjs\.(org|com)|yarnpkg\.com)$/

/** @type {Rule} */
const files = ({ texts }) => [
  ...WANTED_FILES.filter((file) => !texts.has(file)).map((file) => `${file} is missing`),
  ...[...texts.keys()]
    .filter((file) => !WANTED_FILES.includes(file) && !file.startsWith('dist/'))
    .map((file) => `${file} does not belong in it`),
]

/** @type {Rule} */
const absolutePaths = ({ texts }) =>
  [...texts]
    .filter(([file]) => file.endsWith('.map'))
    .filter(([, text]) =>
      JSON.parse(text).sources.some((/** @type {string} */ path) => /^(\/|[A-Z]:|file:)/.test(path)),
    )
    .map(([file]) => `${file} has absolute paths`)

/** @type {Rule} */
const scripts = ({ manifest }) =>
  INSTALL_SCRIPTS.filter((script) => manifest.scripts?.[script]).map((script) => `it runs a ${script} script`)

/** @type {Rule} */
const registry = ({ source }) => {
  const target = source.publishConfig?.registry
  if (!target) return ['publishConfig names no registry, so the public one would be used']
  return PUBLIC_REGISTRIES.test(new URL(target).hostname) ? ['publishConfig names the public registry'] : []
}

/** @type {Rule} */
const version = ({ manifest }) =>
  Number(manifest.version.split('.')[0]) >= 1
    ? []
    : [`its version is ${manifest.version}: a range like ^0.1 would find another project's package`]

/** @type {Rule} */
const workspaceLeftovers = ({ manifest }) => {
  const text = JSON.stringify(manifest)
  return ['workspace:', 'catalog:', '@auth/source', './src/']
    .filter((leftover) => text.includes(leftover))
    .map((leftover) => `its package.json still says "${leftover}"`)
}

const SPECIFIERS = {
  '.js': /^(?:import|export)\b[^'"`]*?["']([^"']+)["'];?$/gm,
  '.cjs': /\brequire\(["']([^"']+)["']\)/g,
}

/** @param {string} specifier `@scope/name/sub` as `@scope/name` */
const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

/** What the files of one format import from outside. @param {Contents} contents @param {'.js' | '.cjs'} format */
const importedBy = ({ texts }, format) => {
  const code = [...texts].filter(([file]) => file.startsWith('dist/') && file.endsWith(format))
  const found = code.flatMap(([, text]) =>
    [...text.matchAll(SPECIFIERS[format])].map(([, name = '']) => name),
  )
  return [...new Set(found.filter((name) => !name.startsWith('.')).map(packageOf))]
}

const FORMATS = /** @type {const} */ (['.js', '.cjs'])

/** @param {string} name */
const isNodeModule = (name) => builtinModules.includes(name.replace('node:', ''))

/** @type {Rule} */
const undeclared = (contents) => {
  const { dependencies, peerDependencies } = contents.manifest
  const declared = Object.keys({ ...dependencies, ...peerDependencies })
  return FORMATS.flatMap((format) =>
    importedBy(contents, format)
      .filter((name) => !declared.includes(name) && !isNodeModule(name))
      .map((name) => `its ${format} files import ${name}, which it does not depend on`),
  )
}

/** @type {Rule} */
const portability = (contents) => {
  if (NEEDS_NODE.some(({ name }) => name === contents.name)) return []
  return FORMATS.flatMap((format) =>
    importedBy(contents, format)
      .filter(isNodeModule)
      .map((name) => `its ${format} files need Node.js (${name})`),
  )
}

/** jose is ESM only: the CommonJS files carry it, so that Jest can load them; the ESM files share the application's. */
/** @type {Rule} */
const jose = (contents) => {
  if (!contents.manifest.dependencies?.jose) return []
  return [
    ...(importedBy(contents, '.cjs').includes('jose') ? ['its CommonJS files require jose'] : []),
    ...(importedBy(contents, '.js').includes('jose') ? [] : ['its ESM files carry a copy of jose']),
  ]
}

const RULES = [
  files,
  absolutePaths,
  scripts,
  registry,
  version,
  workspaceLeftovers,
  undeclared,
  portability,
  jose,
]

/** @type {Rule} */
export const contentComplaints = (contents) => RULES.flatMap((rule) => rule(contents))
