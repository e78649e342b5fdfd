/** Every budget bites: a small clean workspace passes, and each single offence is found at its place. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { checkAdapters } from './budgets/adapters.mjs'
import { checkImports } from './budgets/imports.mjs'
import { checkPublicExports } from './budgets/public-exports.mjs'
import { checkSizes } from './budgets/size.mjs'
import { checkWords } from './budgets/words.mjs'
import { readWorkspace } from './budgets/workspace.mjs'

const RULES = [checkSizes, checkWords, checkImports, checkPublicExports, checkAdapters]

const roots: string[] = []

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

const manifest = (name: string, more: object = {}): string =>
  JSON.stringify({ name, exports: { '.': { '@auth/source': './src/index.ts' } }, ...more })

const file = (...lines: string[]): string => ['/** A place. */', '', ...lines, ''].join('\n')

/** Keeps every rule, and uses every exception of the ladder, so that none is stale. */
const CLEAN: Record<string, string> = {
  'packages/core/package.json': manifest('@auth/core', { dependencies: { cookie: '^1', jose: '^6' } }),
  'packages/core/src/index.ts': file("export { createAuth } from './auth.js'"),
  'packages/core/src/auth.ts': file('/** Creates. */', 'export const createAuth = (): number => 1'),
  'packages/core/src/options.ts': file(
    "import type { Row } from './session/row.js'",
    "import type { Store } from './store/store.js'",
    'export type Options = [Row, Store]',
  ),
  'packages/core/src/session/row.ts': file('export type Row = 1'),
  'packages/core/src/store/store.ts': file('export type Store = 1'),
}

/** What the rules say about the clean workspace with some files added or replaced, as `path:line  message`. */
const complaints = (changes: Record<string, string> = {}): string[] => {
  const root = mkdtempSync(join(tmpdir(), 'auth-budgets-'))
  roots.push(root)
  for (const [path, text] of Object.entries({ ...CLEAN, ...changes })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const workspace = readWorkspace(root)
  return RULES.flatMap((rule) => rule(workspace).violations).map(
    ({ path, line, message }) => `${path}:${line}  ${message}`,
  )
}

const core = (path: string, ...lines: string[]): Record<string, string> => ({
  [`packages/core/src/${path}`]: file(...lines),
})

const lines = (count: number, text = 'void 0'): string[] => Array.from({ length: count }, () => text)

test('a clean workspace has nothing to complain of', () => {
  expect(complaints()).toEqual([])
})

interface Offence {
  readonly offence: string
  readonly changes: Record<string, string>
  readonly found: string
}

const only = (offence: string, changes: Record<string, string>, found: string): Offence => ({
  offence,
  changes,
  found,
})

const OFFENCES: readonly Offence[] = [
  // sizes
  only('a file of 251 lines', core('errors.ts', ...lines(249)), 'errors.ts:1  the file has 251 lines'),
  only(
    'a function of 51 lines',
    core('errors.ts', 'export const long = () => {', ...lines(49), '}'),
    'errors.ts:3  long has 51 lines, at most 50',
  ),
  only(
    'a method of 51 lines',
    core('errors.ts', 'export class A {', '  long() {', ...lines(49), '  }', '}'),
    'errors.ts:4  long has 51 lines, at most 50',
  ),
  only(
    'four parameters',
    core('errors.ts', 'export function f(a: 1, b: 1, c: 1, d: 1) { return [a, b, c, d] }'),
    'errors.ts:3  f has 4 parameters, at most 3',
  ),
  only(
    'four parameters in a type',
    core('errors.ts', 'export interface A {', '  f(a: 1, b: 1, c: 1, d: 1): void', '}'),
    'errors.ts:4  f has 4 parameters, at most 3',
  ),
  only(
    'files that are long on the whole',
    Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].flatMap((name) =>
        Object.entries(core(`token/${name}.ts`, ...lines(100))),
      ),
    ),
    'packages:1  file lines, median: 102, at most 90',
  ),
  only(
    'functions that are long on the whole',
    core('errors.ts', ...lines(3, ['export const f = () => {', ...lines(30), '}'].join('\n'))),
    'packages:1  function lines, p90: 32, at most 30',
  ),
  // words
  only('any', core('errors.ts', 'export const a = 1 as any'), 'errors.ts:3  `any`'),
  only('any inside a type', core('errors.ts', 'export type A = Map<string, any[]>'), 'errors.ts:3  `any`'),
  only('@ts-ignore', core('errors.ts', 'void 0', '// @ts-ignore', 'void 0'), 'errors.ts:4  @ts-ignore'),
  only('a TODO', core('errors.ts', 'export const a = () => 1 // TODO'), 'errors.ts:3  TODO'),
  only('a FIXME', core('errors.ts', '/*', ' * FIXME: this', ' */', 'void 0'), 'errors.ts:4  FIXME'),
  only(
    'no head sentence',
    { 'packages/core/src/errors.ts': "import 'jose'\n" },
    'errors.ts:1  begins without a sentence',
  ),
  only(
    'a first comment that belongs to a declaration',
    { 'packages/core/src/errors.ts': '/** Says no. */\nexport const no = 0\n' },
    'errors.ts:1  begins without a sentence',
  ),
  only('camelCase', core('flows/logOut.ts', 'void 0'), 'logOut.ts:1  "logOut" is not kebab-case'),
  only('a drawer', core('flows/utils/a.ts', 'void 0'), 'a.ts:1  "utils" is a drawer'),
  // imports
  only(
    'an import cycle',
    { ...core('token/a.ts', "import './b.js'"), ...core('token/b.ts', "import './a.js'") },
    'token/b.ts:3  import cycle: token/a.ts -> token/b.ts -> token/a.ts',
  ),
  only(
    'a cycle of types',
    {
      ...core('token/a.ts', "import type { B } from './b.js'", 'export type A = B'),
      ...core('token/b.ts', "export type B = import('./a.js').A"),
    },
    'token/b.ts:3  import cycle',
  ),
  only(
    'an import up the ladder',
    { ...core('token/a.ts', "import '../flows/b.js'"), ...core('flows/b.ts', 'void 0') },
    'token/a.ts:3  token imports flows, against the ladder',
  ),
  only(
    'a type from above that is not listed',
    core('session/row.ts', "export type { Store } from '../store/store.js'", 'export type Row = 1'),
    'row.ts:3  session imports a type of store, against the ladder',
  ),
  only(
    'a value where the list allows a type',
    core(
      'options.ts',
      "import type { Row } from './session/row.js'",
      "import { type Store, x } from './store/store.js'",
      'export type Options = [Row, Store, typeof x]',
    ),
    'options.ts:4  options imports store, against the ladder',
  ),
  only(
    'an exception nobody needs',
    core('options.ts', 'void 0'),
    'the exception options -> store is no longer',
  ),
  only(
    'http importing a flow',
    { ...core('http/a.ts', "void import('../flows/b.js')"), ...core('flows/b.ts', 'void 0') },
    'http/a.ts:3  http imports flows, against the ladder',
  ),
  only(
    'http importing the token',
    { ...core('http/a.ts', "import '../token/b.js'"), ...core('token/b.ts', 'void 0') },
    'http/a.ts:3  http imports token, against the ladder',
  ),
  only(
    'the index importing testing',
    { ...core('index.ts', "export * from './testing/a.js'"), ...core('testing/a.ts', 'void 0') },
    'index.ts:3  index imports testing, against the ladder',
  ),
  only(
    'a room without a place',
    core('plumbing/a.ts', 'void 0'),
    'a.ts:1  "plumbing" has no place on the ladder',
  ),
  only(
    'core importing anything else',
    core('errors.ts', "import 'node:fs'"),
    'core: may not import "node:fs"',
  ),
  only(
    'core depending on anything else',
    {
      'packages/core/package.json': manifest('@auth/core', {
        dependencies: { cookie: '^1', jose: '^6', ms: '^2' },
      }),
    },
    'packages/core/package.json:1  core depends on cookie, jose, ms',
  ),
  only(
    'a store reaching for http',
    {
      'packages/store-sql/package.json': manifest('@auth/store-sql'),
      'packages/store-sql/src/index.ts': file("export { x } from '@auth/core/http'"),
    },
    'packages/store-sql/src/index.ts:3  store: may not import "@auth/core/http"',
  ),
  only(
    'an adapter importing what is not its framework',
    {
      'packages/koa/package.json': manifest('@auth/koa', { peerDependencies: { koa: '^3' } }),
      'packages/koa/src/index.ts': file("import 'koa'", "import 'koa-router'"),
    },
    'packages/koa/src/index.ts:4  adapter: may not import "koa-router"',
  ),
  // documentation
  only(
    'a public export without a comment',
    core('auth.ts', 'export const createAuth = (): number => 1'),
    'packages/core/src/auth.ts:3  the public createAuth has no doc comment',
  ),
  only('an entry that exports nothing', core('index.ts', 'void 0'), 'packages:1  @auth/core exports nothing'),
  // adapters
  only(
    'an adapter of 100 lines of code',
    {
      'packages/koa/package.json': manifest('@auth/koa'),
      'packages/koa/src/index.ts': file('/** Runs. */', 'export const f = 1', ...lines(99)),
    },
    'packages/koa/src:1  @auth/koa has 100 lines of code, at most 99',
  ),
]

for (const { offence, changes, found } of OFFENCES) {
  test(`bites: ${offence}`, () => {
    expect(complaints(changes)).toContainEqual(expect.stringContaining(found))
  })
}

test('words in strings are nobody else’s business', () => {
  expect(complaints(core('errors.ts', "export const a = 'TODO @ts-ignore any'"))).toEqual([])
})

test('what weighs nothing in an adapter is not counted', () => {
  const weightless = ['', '// why', 'interface A {', ...lines(50, '  a: 1'), '}', "import 'koa'"]
  const changes = {
    'packages/koa/package.json': manifest('@auth/koa', { peerDependencies: { koa: '^3' } }),
    'packages/koa/src/index.ts': file(...weightless, '/** Runs. */', 'export const f = 1', ...lines(98)),
  }
  expect(complaints(changes)).toEqual([])
})
