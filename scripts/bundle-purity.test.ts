/** What a bundler makes of the built core, and that every public entry has a size budget. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { root } from './machine/run.mjs'
import { publicPackages } from './packed/pack.mjs'

const HTTP_WORDS = [
  'Set-Cookie',
  'WWW-Authenticate',
  'HttpOnly',
  'SameSite',
  'Sec-Fetch-Site',
  'urlencoded',
  '__Host-',
]

/** Bundles a program against the built files, as an application would. */
const bundled = async (program: string): Promise<string> => {
  if (!existsSync(join(root, 'packages/core/dist/index.js'))) throw new Error('Build first: npm run build')
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: join(root, 'packages/express') },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import'],
    logLevel: 'error',
  })
  return outputFiles.map(({ text }) => text).join('')
}

const spokenIn = (text: string) =>
  HTTP_WORDS.filter((word) => text.toLowerCase().includes(word.toLowerCase()))

test('@auth/core alone carries nothing of HTTP', async () => {
  expect(spokenIn(await bundled("export { createAuth } from '@auth/core'"))).toEqual([])
  expect(spokenIn(await bundled("export * from '@auth/core'"))).toEqual([])
})

test('the words are those of the HTTP entry', async () => {
  const http = await bundled("export { createHttpAuth } from '@auth/core/http'")
  expect(spokenIn(http)).toEqual(HTTP_WORDS)
})

test('a name that is not used costs nothing', async () => {
  const one = await bundled("export { isAuthError } from '@auth/core'")
  expect(one.length).toBeLessThan(2000)
})

test('every public package has a size budget', () => {
  const budgets = JSON.parse(readFileSync(join(root, '.size-limit.json'), 'utf8')) as { path: string }[]
  const unbudgeted = publicPackages().filter(
    (home) => !budgets.some(({ path }) => join(root, path).startsWith(`${home}/`)),
  )
  expect(unbudgeted).toEqual([])
})
