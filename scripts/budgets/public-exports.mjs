/** The public surface: what each entry point exports, and that all of it is documented. */

import { join, relative } from 'node:path'
import ts from 'typescript'

/** @typedef {import('./workspace.mjs').Workspace} Workspace */

/**
 * @typedef {object} PublicExport
 * @property {string} name
 * @property {boolean} isType
 * @property {boolean} isDocumented
 * @property {string} path of its declaration
 * @property {number} line
 */

/** @type {ts.CompilerOptions} Names and comments are all that is asked for, so no standard library is loaded. */
const OPTIONS = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  customConditions: ['@auth/source'],
  types: [],
  noLib: true,
}

/** @param {Workspace} workspace @returns {{ entry: string, file: string }[]} */
const entryPoints = ({ root, packages }) =>
  packages
    .filter(({ manifest }) => !manifest.private)
    .flatMap(({ folder, manifest }) =>
      Object.entries(manifest.exports ?? {}).map(([subpath, target]) => ({
        entry: `${manifest.name}${subpath.slice(1)}`,
        file: join(root, folder, target['@auth/source'] ?? ''),
      })),
    )

/** @param {ts.Symbol} symbol */
const isTypeExport = (symbol) =>
  symbol.declarations?.some(
    (node) => ts.isExportSpecifier(node) && (node.isTypeOnly || node.parent.parent.isTypeOnly),
  ) ?? false

/** The comment at the top speaks of the file, though the compiler gives it to the first declaration too. */
/** @param {ts.Symbol} symbol */
const isDocumented = (symbol) =>
  symbol.declarations?.some((node) =>
    ts.getJSDocCommentsAndTags(node).some((doc) => ts.isJSDoc(doc) && doc.pos > 0 && doc.comment),
  ) ?? false

/** @param {ts.TypeChecker} checker @param {string} root */
const describe = (checker, root) => {
  /** @param {ts.Symbol} symbol @returns {PublicExport} */
  return (symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    const declaration = target.declarations?.[0]
    const file = declaration?.getSourceFile()
    return {
      name: symbol.name,
      isType: isTypeExport(symbol) || !(target.flags & ts.SymbolFlags.Value),
      isDocumented: isDocumented(target),
      path: file ? relative(root, file.fileName) : '(not found)',
      line: file && declaration ? file.getLineAndCharacterOfPosition(declaration.getStart()).line + 1 : 1,
    }
  }
}

/**
 * Every public export, by entry point.
 *
 * @param {Workspace} workspace
 * @returns {Map<string, PublicExport[]>}
 */
export const publicExports = (workspace) => {
  const entries = entryPoints(workspace)
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    OPTIONS,
  )
  const checker = program.getTypeChecker()
  return new Map(
    entries.map(({ entry, file }) => {
      const source = program.getSourceFile(file)
      const symbol = source && checker.getSymbolAtLocation(source)
      const exported = symbol ? checker.getExportsOfModule(symbol) : []
      return [entry, exported.map(describe(checker, workspace.root))]
    }),
  )
}

/** @param {Workspace} workspace @returns {import('./workspace.mjs').Verdict} */
export const checkPublicExports = (workspace) => {
  const surface = publicExports(workspace)
  const all = [...surface.values()].flat()
  const empty = [...surface].filter(([, exported]) => exported.length === 0)
  const silent = all.filter(({ isDocumented }) => !isDocumented)
  const violations = [
    ...empty.map(([entry]) => ({ path: 'packages', line: 1, message: `${entry} exports nothing` })),
    ...silent.map(({ path, line, name }) => ({
      path,
      line,
      message: `the public ${name} has no doc comment`,
    })),
  ]
  return {
    figures: [
      { name: 'public exports', now: all.length },
      { name: 'public exports undocumented', now: silent.length, budget: 0 },
    ],
    violations,
  }
}
