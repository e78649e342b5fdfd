/** Adapters stay thin: two conversions and wiring. */

import ts from 'typescript'
import { ADAPTER_CODE_LINES, PACKAGE_KINDS } from './ladder.mjs'
import { lineAt } from './workspace.mjs'

/** @typedef {import('./workspace.mjs').Source} Source */

/** What a type checker reads and a processor never sees, and where things come from. */
/** @param {ts.Statement} statement */
const isWeightless = (statement) =>
  ts.isImportDeclaration(statement) ||
  ts.isExportDeclaration(statement) ||
  ts.isInterfaceDeclaration(statement) ||
  ts.isTypeAliasDeclaration(statement)

/** The lines on which a token stands: neither blank ones nor comments have any. */
/** @param {Source} source @returns {number} */
const codeLines = (source) => {
  /** @type {Set<number>} */
  const lines = new Set()
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isJSDoc(node)) return
    const children = node.getChildren(source.ast)
    if (children.length === 0 && node.getWidth(source.ast) > 0) {
      const first = lineAt(source, node.getStart(source.ast))
      for (let line = first; line <= lineAt(source, node.end); line += 1) lines.add(line)
    }
    children.forEach(visit)
  }
  source.ast.statements.filter((statement) => !isWeightless(statement)).forEach(visit)
  return lines.size
}

/** @param {import('./workspace.mjs').Package} member */
const isAdapter = ({ manifest }) =>
  !manifest.private && PACKAGE_KINDS.find(({ matches }) => matches.test(manifest.name))?.kind === 'adapter'

/** @param {import('./workspace.mjs').Workspace} workspace @returns {import('./workspace.mjs').Verdict} */
export const checkAdapters = ({ packages }) => {
  const measured = packages.filter(isAdapter).map(({ manifest, sources, folder }) => ({
    name: manifest.name,
    folder,
    lines: sources.map(codeLines).reduce((sum, lines) => sum + lines, 0),
  }))
  return {
    figures: measured.map(({ name, lines }) => ({
      name: `${name}, lines of code`,
      now: lines,
      budget: ADAPTER_CODE_LINES,
      where: 'without blank lines, comments, imports, re-exports, types',
    })),
    violations: measured
      .filter(({ lines }) => lines > ADAPTER_CODE_LINES)
      .map(({ name, lines, folder }) => ({
        path: `${folder}/src`,
        line: 1,
        message: `${name} has ${lines} lines of code, at most ${ADAPTER_CODE_LINES}`,
      })),
  }
}
