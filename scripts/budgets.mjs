/** `npm run budgets`: what no linter measures of the sources. Prints the figures, and names each file that offends. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './machine.mjs'

const FILES = readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /^[^/]+\/src\/.*\.ts$/.test(path))
  .map((path) => {
    const text = readFileSync(join(root, 'packages', path), 'utf8').trimEnd()
    return { path, text, ast: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }
  })

/** @typedef {(typeof FILES)[number]} File */

const WEIGHTLESS = [
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.ExportDeclaration,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
]

/** Lines that do something: no comment, no blank line, no list of names, nothing that only a type checker reads. */
/** @param {File} file */
const codeLines = ({ ast }) => {
  const doing = ast.statements.filter(({ kind }) => !WEIGHTLESS.includes(kind)).map((node) => node.getText())
  const lines = doing
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
  return lines.filter((line) => !/^\s*(\/\/.*)?$/.test(line)).length
}

/** @param {string} name @param {(file: File) => number} count */
const total = (name, count) =>
  FILES.filter(({ path }) => path.startsWith(`${name}/`)).reduce((sum, file) => sum + count(file), 0)

/** How long most files are at most. */
const median = FILES.map(({ text }) => text.split('\n').length).sort((a, b) => a - b)[FILES.length >> 1] ?? 0

/** @type {readonly [name: string, now: number, most: number][]} */
const FIGURES = [
  ['file lines, median', median, 90],
  ['@auth/express, lines of code', total('express', codeLines), 70],
  ['@auth/koa, lines of code', total('koa', codeLines), 70],
  ['@auth/hono, lines of code', total('hono', codeLines), 70],
  ['<C extends object> in core', total('core', ({ text }) => text.split('<C extends object').length - 1), 20],
]

/** @type {readonly [name: string, offends: (text: string) => boolean][]} */
const RULES = [
  [
    'begins without a sentence on its place',
    (text) => !/^\/\*\*\s[\s\S]*?[.]\s*\*\/\n\n/.test(`${text}\n\n`),
  ],
  ['leaves work behind', (text) => /(\/\/|^\s*\/?\*).*\b(TODO|FIXME)\b/m.test(text)],
  ['silences the compiler', (text) => text.includes('@ts-nocheck')],
]

for (const [name, now, most] of FIGURES)
  console.log(`${name.padEnd(32)}${String(now).padStart(4)} of ${most}`)
const complaints = [
  ...FIGURES.filter(([, now, most]) => now > most).map(
    ([name, now, most]) => `${name}: ${now}, at most ${most}`,
  ),
  ...FILES.flatMap(({ path, text }) =>
    RULES.filter(([, offends]) => offends(text)).map(([name]) => `packages/${path} ${name}`),
  ),
]
for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length === 0 ? 0 : 1
