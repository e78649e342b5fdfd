/** What CI refuses, each shown once: a copy of the repository with one offence of each kind, and who complains. */

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root, run, temporaryFolder } from './machine.mjs'
import { provideSystemTools } from './system-tools.mjs'

const HEAD = '/** A place. */\n\n'
const LONG = `/** Long. */\nexport const sixty = (): void => {\n${'  void 0\n'.repeat(60)}}\n`
const PARAMETERS = 'export const f = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d]\n'
const toPublic = (text: string) => text.replace('http://localhost:4873/', 'https://registry.npmjs.org/')
const withScript = (text: string) => text.replace('"scripts": {', '"scripts": { "postinstall": "x",')

type Change = string | ((text: string) => string)

/** By the command that complains: what is appended to which file of packages/, or made of it, and what is then said. */
const OFFENCES: Record<string, readonly [what: string, file: string, change: Change, complaint: string][]> = {
  'depcruise packages/*/src': [
    ['an upward import', 'core/src/limits.ts', "import './auth.js'\n", 'error limits-looks-up'],
    [
      'HTTP that reaches below the verbs',
      'core/src/http/csrf.ts',
      "import '../token/sign.js'\n",
      'http-reaches',
    ],
    ['a verb that imports a verb', 'core/src/flows/login.ts', "import './revoke.js'\n", 'verb-imports-verb'],
    ['an import cycle', 'hono/src/index.ts', "import './index-too.js'\n", '      packages/hono/src/index.ts'],
    [
      'its other half',
      'hono/src/index-too.ts',
      `${HEAD}import './index.js'\n`,
      'no-cycle: packages/hono/src/index-too.ts',
    ],
    ['a room without a place', 'core/src/attic/a.ts', `${HEAD}import '../limits.js'\n`, 'homeless-room'],
    ['core that needs Node.js', 'core/src/auth.ts', "import 'node:fs'\n", 'core/src/auth.ts → fs'],
    ['an adapter that imports more', 'koa/src/index.ts', "import 'node:path'\n", 'koa/src/index.ts → path'],
  ],
  'biome lint --max-diagnostics=none': [
    ['an `any`', 'core/src/deadline.ts', 'export const a: any = 1\n', 'noExplicitAny'],
    ['a 60-line function', 'express/src/index.ts', LONG, 'too many lines (60)'],
    ['a file of 251 lines', 'hono/src/long.ts', 'void 0\n'.repeat(251), 'packages/hono/src/long.ts'],
    ['four parameters', 'hono/src/four.ts', PARAMETERS, 'packages/hono/src/four.ts'],
    ['a file name in camel case', 'hono/src/camelCase.ts', HEAD, 'useFilenamingConvention'],
    ['@ts-ignore', 'koa/src/index.ts', '// @ts-ignore\nexport const b: 1 = 2\n', 'noTsIgnore'],
  ],
  'node scripts/budgets.mjs': [
    ['no sentence at the top', 'hono/src/headless.ts', 'export const h = 1\n', 'headless.ts begins without'],
    ['work left behind', 'hono/src/todo.ts', `${HEAD}// TODO: later\n`, 'todo.ts leaves work behind'],
    ['an adapter that decides', 'koa/src/fat.ts', HEAD + 'void 0\n'.repeat(70), '@auth/koa, lines of code: '],
  ],
  'vitest run scripts/public-names.test.ts': [
    [
      'an undocumented export',
      'store-redis/src/index.ts',
      'export const bare = 1\n',
      'bare has no doc comment',
    ],
    [
      'a changed public surface',
      'store-redis/src/index.ts',
      '/** X. */\nexport const more = 1\n',
      '+       "more"',
    ],
    [
      'a missing TSDoc, elsewhere',
      'hono/src/silent.ts',
      `${HEAD}export const silent = 1\n`,
      'silent has no doc',
    ],
    [
      'that is re-exported',
      'hono/src/index.ts',
      "export { silent } from './silent.js'\n",
      '@auth/hono: silent',
    ],
  ],
  'node scripts/check-packages.mjs': [
    ['a tarball without a file', 'express/dist/index.d.cts', () => '', '@auth/express: '],
    [
      'an import that is not declared',
      'hono/dist/index.js',
      "import 'ms'\n",
      'imports ms, which is not declared',
    ],
    ['a need of Node.js', 'koa/dist/index.cjs', "require('node:fs')\n", 'needs Node.js (node:fs)'],
    [
      'a script at installation',
      'store-memory/package.json',
      withScript,
      'it runs a script when it is installed',
    ],
    [
      'the public registry',
      'koa/package.json',
      toPublic,
      'publishConfig names no registry, or the public one',
    ],
    [
      'a guard that leaks',
      'core/dist/index.js',
      "console.log('Set-Cookie')\n",
      'Set-Cookie leaks into a bundle',
    ],
    [
      'a changed export',
      'store-redis/dist/index.cjs',
      'exports.more = 1\n',
      "require('@auth/store-redis') gives",
    ],
  ],
}

const scratch = temporaryFolder('refusals')
const inScratch = (file: string) => join(scratch.folder, 'packages', file)

const change = ([, file, made]: readonly [string, string, Change, string]): void => {
  mkdirSync(dirname(inScratch(file)), { recursive: true })
  const text = existsSync(inScratch(file)) ? readFileSync(inScratch(file), 'utf8') : ''
  writeFileSync(inScratch(file), typeof made === 'string' ? text + made : made(text))
}

beforeAll(() => {
  const skipped = /[/\\](node_modules|\.git|\.turbo|release|test)$/
  cpSync(root, scratch.folder, { recursive: true, filter: (from) => !skipped.test(from) })
  for (const home of ['.', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)]) {
    const modules = join(root, home, 'node_modules')
    if (existsSync(modules)) symlinkSync(modules, join(scratch.folder, home, 'node_modules'), 'junction')
  }
}, 120_000)
afterAll(scratch.remove)

describe.each(Object.entries(OFFENCES))('%s', (line, offences) => {
  let output = ''
  beforeAll(async () => {
    offences.forEach(change)
    const [program = '', ...args] = line.split(' ')
    const command = program === 'node' ? process.execPath : join(root, 'node_modules/.bin', program)
    const env = { NO_COLOR: '1', FORCE_COLOR: undefined, CI: 'true', VITEST: undefined }
    const ended = await run(command, args, { cwd: scratch.folder, env })
    output = ended.code === 0 ? '(it accepted everything)' : ended.output
    for (const [, file] of offences) {
      rmSync(inScratch(file))
      const before = join(root, 'packages', file)
      if (existsSync(before)) cpSync(before, inScratch(file))
    }
  }, 300_000)

  test.each(offences)('refuses %s', (_what, _file, _change, complaint) => {
    expect(output).toContain(complaint)
  })
})

test('the closing line counts what failed, what did not load, and what was skipped with its reason', async () => {
  const folder = join(scratch.folder, 'sample')
  const load = "import { expect, test } from 'vitest'\n"
  const files = {
    'vitest.config.js': 'export default {}',
    'a.test.js': `${load}test('good', () => {})\ntest('bad', () => expect(1).toBe(2))\n`,
    'b.test.js': `${load}test('later', (t) => t.skip('no such server here'))\n`,
    'c.test.js': "import './missing.js'\n",
  }
  mkdirSync(folder)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  const env = { VITEST: undefined, CI: undefined }
  const { code, output } = await run(process.execPath, [join(root, 'scripts/test.mjs'), 'tests'], {
    cwd: folder,
    env,
  })
  expect(output).toContain('b.test.js: later: no such server here')
  expect([code, output.trim().split('\n').at(-1)]).toEqual([1, '1 passed, 2 failed, 1 skipped'])
}, 120_000)

test('a program that cannot be had is said to be missing, unless a variable names one elsewhere', async () => {
  const row = ['no-such-package-anywhere', 'none', 'false'] as const
  expect(await provideSystemTools([[...row, 'PATH']])).toBe(true)
  expect(await provideSystemTools([row])).toBe(false)
}, 120_000)

test.each(['', 'http://registry.example', 'https://registry.npmjs.org/', 'https://registry.yarnpkg.com'])(
  'nothing is released to "%s"',
  async (to) => {
    const args = [join(root, 'scripts/release.mjs')]
    expect(await run(process.execPath, args, { env: { RELEASE_REGISTRY: to } })).toMatchObject({ code: 1 })
  },
)
