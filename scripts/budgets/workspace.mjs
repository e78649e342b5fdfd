/** What the budgets are judged on: every package's manifest and its parsed sources. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ts from 'typescript'

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {boolean} [private]
 * @property {string} version
 * @property {Record<string, Record<string, string>>} [exports]
 * @property {Record<string, string>} [scripts]
 * @property {{ registry?: string }} [publishConfig]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 */

/**
 * @typedef {object} Source
 * @property {string} path from the root, with slashes
 * @property {ts.SourceFile} ast
 */

/**
 * @typedef {object} Package
 * @property {string} folder from the root, with slashes
 * @property {Manifest} manifest
 * @property {Source[]} sources
 */

/**
 * @typedef {object} Workspace
 * @property {string} root
 * @property {Package[]} packages
 */

/** @typedef {{ path: string, line: number, message: string }} Violation */
/** @typedef {{ name: string, now: number | string, budget?: number | string, where?: string }} Figure */
/** @typedef {{ figures: Figure[], violations: Violation[] }} Verdict */

/** @param {string} path */
const slashed = (path) => path.split(sep).join('/')

/** @param {string} root @param {string} path @returns {Source} */
const readSource = (root, path) => ({
  path: slashed(relative(root, path)),
  ast: ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true),
})

/** @param {string} root @param {string} folder @returns {Package} */
const readPackage = (root, folder) => {
  const src = join(root, folder, 'src')
  const files = existsSync(src) ? readdirSync(src, { recursive: true, encoding: 'utf8' }) : []
  return {
    folder,
    manifest: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')),
    sources: files.filter((file) => file.endsWith('.ts')).map((file) => readSource(root, join(src, file))),
  }
}

/**
 * Reads `packages/*` under a root.
 *
 * @param {string} root
 * @returns {Workspace}
 */
export const readWorkspace = (root) => ({
  root,
  packages: readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => `packages/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => readPackage(root, folder)),
})

/** @param {Workspace} workspace */
export const allSources = (workspace) => workspace.packages.flatMap((member) => member.sources)

/** @param {Source} source @param {number} position @returns {number} counted from 1 */
export const lineAt = ({ ast }, position) => ast.getLineAndCharacterOfPosition(position).line + 1

/** @param {Source} source @param {ts.Node} node */
export const lineOf = (source, node) => lineAt(source, node.getStart(source.ast))

/** Every node below one, itself included. @param {ts.Node} node @returns {ts.Node[]} */
export const nodesIn = (node) => {
  /** @type {ts.Node[]} */
  const found = [node]
  node.forEachChild((child) => void found.push(...nodesIn(child)))
  return found
}
