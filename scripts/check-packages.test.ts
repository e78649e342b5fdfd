/** Every rule about tarballs bites: a right one passes, and each single fault is named. */

import { expect, test } from 'vitest'
import type { Manifest } from './budgets/workspace.mjs'
import { contentComplaints } from './packed/contents.mjs'

const manifest = <M extends object>(more: M): Manifest & M => ({
  name: '@auth/core',
  version: '1.0.0',
  ...more,
})

const right = () => ({
  name: '@auth/core',
  source: manifest<Partial<Manifest>>({ publishConfig: { registry: 'http://localhost:4873/' } }),
  manifest: manifest({ dependencies: { jose: '^6' }, scripts: {} }),
  texts: new Map([
    ['package.json', '{}'],
    ['README.md', '#'],
    ['LICENSE', 'MIT'],
    ['dist/index.js', "import {\n  base64url\n} from 'jose';\nexport * from './chunk.js';\n"],
    ['dist/index.cjs', "const chunk = require('./chunk.cjs');\n"],
  ]),
})

type Contents = ReturnType<typeof right>

const complaints = (spoil: (contents: Contents) => void): string[] => {
  const contents = right()
  spoil(contents)
  return contentComplaints(contents)
}

test('a right tarball has nothing to complain of', () => {
  expect(complaints(() => {})).toEqual([])
})

const FAULTS: Record<string, readonly [spoil: (contents: Contents) => unknown, complaint: string]> = {
  'no licence': [({ texts }) => texts.delete('LICENSE'), 'LICENSE is missing'],
  'no README': [({ texts }) => texts.delete('README.md'), 'README.md is missing'],
  'a stray file': [({ texts }) => texts.set('src/index.ts', ''), 'src/index.ts does not belong in it'],
  'a source map with the builder’s paths': [
    ({ texts }) => texts.set('dist/index.js.map', '{"sources":["/home/me/src/index.ts"]}'),
    'dist/index.js.map has absolute paths',
  ],
  'an install script': [
    ({ manifest }) => (manifest.scripts.postinstall = 'x'),
    'it runs a postinstall script',
  ],
  'no registry': [
    ({ source }) => (source.publishConfig = {}),
    'publishConfig names no registry, so the public one',
  ],
  'the public registry': [
    ({ source }) => (source.publishConfig = { registry: 'https://registry.npmjs.org/' }),
    'publishConfig names the public registry',
  ],
  'a version before 1': [({ manifest }) => (manifest.version = '0.9.0'), 'its version is 0.9.0'],
  'a range of the workspace': [
    ({ manifest }) => (manifest.dependencies['@auth/core'] = 'workspace:^'),
    'its package.json still says "workspace:"',
  ],
  'an import that is not declared': [
    ({ texts }) => texts.set('dist/http.js', 'import ms from "ms";\n'),
    'its .js files import ms, which it does not depend on',
  ],
  'an import of Node.js': [
    ({ texts }) => texts.set('dist/http.cjs', 'const fs = require("node:fs");\n'),
    'its .cjs files need Node.js (node:fs)',
  ],
  'CommonJS that requires jose': [
    ({ texts }) => texts.set('dist/index.cjs', "const jose = require('jose');\n"),
    'its CommonJS files require jose',
  ],
  'ESM with jose inside': [
    ({ texts }) => texts.set('dist/index.js', ''),
    'its ESM files carry a copy of jose',
  ],
}

for (const [fault, [spoil, complaint]] of Object.entries(FAULTS)) {
  test(`bites: ${fault}`, () => {
    expect(complaints(spoil)).toEqual([expect.stringContaining(complaint)])
  })
}
