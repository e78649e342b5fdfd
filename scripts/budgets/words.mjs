/** Words: what no source may say, how each begins, and what files are called. */

import ts from 'typescript'
import { allSources, lineAt, lineOf, nodesIn } from './workspace.mjs'

/** @typedef {import('./workspace.mjs').Source} Source */

const FORBIDDEN_COMMENTS = [
  {
    pattern: /@ts-ignore|@ts-nocheck/,
    message: 'silences the compiler: @ts-expect-error says when it is over',
  },
  { pattern: /\b(TODO|FIXME)\b/, message: 'leaves work behind: do it, or open an issue' },
]

const DRAWERS = ['utils', 'helpers', 'common', 'shared', 'lib']

const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*$/

/** @param {Source} source @returns {ts.CommentRange[]} */
const commentsOf = ({ ast }) => {
  /** @type {Map<number, ts.CommentRange>} */
  const found = new Map()
  /** @param {ts.Node} node */
  const visit = (node) => {
    const before = ts.getLeadingCommentRanges(ast.text, node.pos) ?? []
    const after = ts.getTrailingCommentRanges(ast.text, node.end) ?? []
    for (const range of [...before, ...after]) found.set(range.pos, range)
    node.getChildren(ast).forEach(visit)
  }
  visit(ast)
  return [...found.values()]
}

/** @param {Source} source */
const forbiddenComments = (source) =>
  commentsOf(source).flatMap(({ pos, end }) => {
    const text = source.ast.text.slice(pos, end)
    return FORBIDDEN_COMMENTS.flatMap(({ pattern, message }) => {
      const match = pattern.exec(text)
      return match
        ? [{ path: source.path, line: lineAt(source, pos + match.index), message: `${match[0]} ${message}` }]
        : []
    })
  })

/** @param {Source} source */
const anys = (source) =>
  nodesIn(source.ast)
    .filter((node) => node.kind === ts.SyntaxKind.AnyKeyword)
    .map((node) => ({
      path: source.path,
      line: lineOf(source, node),
      message: '`any` switches the compiler off',
    }))

/** The first comment, set off by an empty line, so that it speaks of the file and not of what follows. */
/** @param {Source} source */
const headless = ({ path, ast }) =>
  /^\/\*\*\s[\s\S]*?\w\S*[.]\s*\*\/\n\n/.test(ast.text)
    ? []
    : [
        {
          path,
          line: 1,
          message: 'begins without a sentence on its place (a doc comment, then an empty line)',
        },
      ]

/** @param {Source} source */
const badNames = ({ path }) => {
  const names = path.split('/src/')[1]?.replace(/\.ts$/, '').split('/') ?? []
  return names.flatMap((name) => {
    if (DRAWERS.includes(name)) return [{ path, line: 1, message: `"${name}" is a drawer, not a place` }]
    return KEBAB_CASE.test(name) ? [] : [{ path, line: 1, message: `"${name}" is not kebab-case` }]
  })
}

/** @param {import('./workspace.mjs').Workspace} workspace @returns {import('./workspace.mjs').Verdict} */
export const checkWords = (workspace) => {
  const sources = allSources(workspace)
  /** @param {string} name @param {(source: Source) => import('./workspace.mjs').Violation[]} rule */
  const judge = (name, rule) => {
    const violations = sources.flatMap(rule)
    return { figure: { name, now: violations.length, budget: 0 }, violations }
  }
  const judged = [
    judge('`any`', anys),
    judge('@ts-ignore, TODO, FIXME', forbiddenComments),
    judge('files without a head sentence', headless),
    judge('file names not kebab-case, or drawers', badNames),
  ]
  return {
    figures: judged.map(({ figure }) => figure),
    violations: judged.flatMap(({ violations }) => violations),
  }
}
