/** What is renamed, and what is refused. `scripts/install` installs the outcome. */

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, run } from '../machine/run.mjs'
import { rescoped, scopeProblem } from './rename.mjs'

const SCRIPT = join(root, 'scripts/rescope.mjs')

test('what has a scope gets another', () => {
  const manifest = {
    name: '@auth/express',
    dependencies: { '@auth/core': '^1.0.0', jose: '^6' },
    devDependencies: { '@auth/testkit': '^0.0.0' },
    scripts: { build: 'tsup' },
    publishConfig: { registry: 'http://localhost:4873/' },
  }
  expect(JSON.parse(rescoped('package.json', JSON.stringify(manifest), '@acme'))).toEqual({
    name: '@acme/express',
    dependencies: { '@acme/core': '^1.0.0', jose: '^6' },
    publishConfig: { access: 'restricted' },
  })
  expect(rescoped('dist/index.js', "import { a } from '@auth/core/http'; f('x@auth.example')", '@acme')).toBe(
    "import { a } from '@acme/core/http'; f('x@auth.example')",
  )
  const readme =
    'npm install @auth/core\n\nOn the public npm registry `@auth/core`\nis another.\n\nNode.js 20\n'
  expect(rescoped('README.md', readme, '@acme')).toBe('npm install @acme/core\n\nNode.js 20\n')
})

test.each([undefined, '', 'acme', '@Acme', '@ac/me', '@auth', '@a b'])('%s is refused', (scope) => {
  expect(scopeProblem(scope)).toMatch(/scope/)
})

test('the command says what is wrong', async () => {
  const { code, output } = await run(process.execPath, [SCRIPT, 'acme'], { quiet: true })
  expect([code, output]).toEqual([1, expect.stringContaining('"acme" is no scope')])
})
