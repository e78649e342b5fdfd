/** Imports: none goes round in a circle, up the ladder, or out of what a package may see. */

import { posix } from 'node:path'
import ts from 'typescript'
import { CORE_DEPENDENCIES, NEEDS_NODE, PACKAGE_KINDS, RUNGS, SIDE_ROOMS, TYPES_UPWARDS } from './ladder.mjs'
import { lineOf, nodesIn } from './workspace.mjs'

/** @typedef {import('./workspace.mjs').Source} Source */
/** @typedef {import('./workspace.mjs').Package} Package */
/** @typedef {import('./workspace.mjs').Violation} Violation */
/** @typedef {{ specifier: string, typeOnly: boolean, line: number }} Import */

/** @param {ts.ImportDeclaration | ts.ExportDeclaration} node */
const isTypeOnly = (node) => {
  const clause = ts.isImportDeclaration(node) ? node.importClause : node
  if (!clause) return false // imported for its effects
  if (clause.isTypeOnly) return true
  if (ts.isImportClause(clause) && clause.name) return false
  const named = ts.isImportClause(clause) ? clause.namedBindings : clause.exportClause
  return Boolean(named && 'elements' in named && named.elements.every((element) => element.isTypeOnly))
}

/** @param {ts.Node} node @returns {{ text: ts.Node | undefined, typeOnly: boolean }} */
const imported = (node) => {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    return { text: node.moduleSpecifier, typeOnly: isTypeOnly(node) }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return { text: node.argument.literal, typeOnly: true }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return { text: node.arguments[0], typeOnly: false }
  return { text: undefined, typeOnly: false }
}

/** @param {Source} source @returns {Import[]} */
const importsOf = (source) =>
  nodesIn(source.ast).flatMap((node) => {
    const { text, typeOnly } = imported(node)
    return text && ts.isStringLiteral(text)
      ? [{ specifier: text.text, typeOnly, line: lineOf(source, node) }]
      : []
  })

/** @param {Import} edge */
const isRelative = ({ specifier }) => specifier.startsWith('.')

/** @param {Source} source @param {Import} edge */
const targetOf = (source, { specifier }) =>
  posix.join(posix.dirname(source.path), specifier).replace(/\.js$/, '.ts')

/** @param {string} path @returns {string} `errors` for src/errors.ts, `flows` for src/flows/login.ts */
const roomOf = (path) => (path.split('/src/')[1] ?? '').split('/')[0]?.replace(/\.ts$/, '') ?? ''

/** @param {string} room @returns {string[]} */
const visibleFrom = (room) => {
  if (room in SIDE_ROOMS) return [room, ...SIDE_ROOMS[/** @type {keyof typeof SIDE_ROOMS} */ (room)]]
  return RUNGS.slice(0, RUNGS.findIndex((rung) => rung.includes(room)) + 1).flat()
}

/** @param {Package} core @returns {Violation[]} */
const offTheLadder = (core) => {
  const used = new Set()
  const known = [...RUNGS.flat(), ...Object.keys(SIDE_ROOMS)]
  const violations = core.sources.flatMap((source) => {
    const from = roomOf(source.path)
    if (!known.includes(from))
      return [{ path: source.path, line: 1, message: `"${from}" has no place on the ladder` }]
    return importsOf(source)
      .filter(isRelative)
      .flatMap((edge) => {
        const to = roomOf(targetOf(source, edge))
        if (visibleFrom(from).includes(to)) return []
        const exception = TYPES_UPWARDS.find((listed) => listed.from === from && listed.to === to)
        if (exception) used.add(exception)
        if (exception && edge.typeOnly) return []
        const kind = edge.typeOnly ? 'a type of ' : ''
        return [
          { path: source.path, line: edge.line, message: `${from} imports ${kind}${to}, against the ladder` },
        ]
      })
  })
  const stale = TYPES_UPWARDS.filter((listed) => !used.has(listed)).map(({ from, to }) => ({
    path: 'scripts/budgets/ladder.mjs',
    line: 1,
    message: `the exception ${from} -> ${to} is no longer needed`,
  }))
  return [...violations, ...(core.sources.length > 0 ? stale : [])]
}

/** @param {Package} member @returns {Violation[]} */
const outOfBounds = (member) => {
  const { name, peerDependencies = {} } = member.manifest
  const kind = PACKAGE_KINDS.find(({ matches }) => matches.test(name))
  if (!kind || member.manifest.private) return []
  const allowed = [...kind.imports, ...(kind.peers ? Object.keys(peerDependencies) : [])]
  const mayUseNode = NEEDS_NODE.some((listed) => listed.name === name)
  /** @param {Import} edge */
  const isAllowed = ({ specifier }) =>
    allowed.includes(specifier) || (mayUseNode && specifier.startsWith('node:'))
  return member.sources.flatMap((source) =>
    importsOf(source)
      .filter((edge) => !isRelative(edge) && !isAllowed(edge))
      .map(({ line, specifier }) => ({
        path: source.path,
        line,
        message: `${kind.kind}: may not import "${specifier}": only ${allowed.join(', ')}`,
      })),
  )
}

/** Types count: a circle of types is one that the next edit turns into a circle of values. */
/** @param {Package} member @returns {Violation[]} */
const circles = (member) => {
  const edges = new Map(
    member.sources.map((source) => [
      source.path,
      importsOf(source)
        .filter(isRelative)
        .map((edge) => ({ to: targetOf(source, edge), line: edge.line })),
    ]),
  )
  const done = new Set()
  /** @param {string} path @param {string[]} trail @returns {Violation[]} */
  const walk = (path, trail) => {
    if (done.has(path)) return []
    const here = [...trail, path]
    const found = (edges.get(path) ?? []).flatMap(({ to, line }) => {
      if (!here.includes(to)) return walk(to, here)
      const circle = [...here.slice(here.indexOf(to)), to].map((name) => name.split('/src/')[1])
      return [{ path, line, message: `import cycle: ${circle.join(' -> ')}` }]
    })
    done.add(path)
    return found
  }
  return [...edges.keys()].flatMap((path) => walk(path, []))
}

/** @param {Package} core @returns {Violation[]} */
const wrongDependencies = ({ folder, manifest }) => {
  const now = Object.keys(manifest.dependencies ?? {})
    .sort()
    .join(', ')
  const wanted = CORE_DEPENDENCIES.join(', ')
  return now === wanted
    ? []
    : [
        {
          path: `${folder}/package.json`,
          line: 1,
          message: `core depends on ${now || 'nothing'}, not on ${wanted}`,
        },
      ]
}

/** @param {import('./workspace.mjs').Workspace} workspace @returns {import('./workspace.mjs').Verdict} */
export const checkImports = ({ packages }) => {
  const cores = packages.filter(({ manifest }) => manifest.name === '@auth/core')
  const judged = {
    'import cycles': packages.flatMap(circles),
    'imports against the ladder': cores.flatMap(offTheLadder),
    'imports out of bounds': packages.flatMap(outOfBounds),
    'core dependencies other than cookie, jose': cores.flatMap(wrongDependencies),
  }
  return {
    figures: Object.entries(judged).map(([name, found]) => ({ name, now: found.length, budget: 0 })),
    violations: Object.values(judged).flat(),
  }
}
