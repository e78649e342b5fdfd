/** docs/store-contract.md is what the clauses say, and its program runs as printed. */

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { storeContract } from '../packages/contracts/src/index.js'
import { contractPage } from './store-contract-doc/page.mjs'

const page = readFileSync(new URL('../docs/store-contract.md', import.meta.url), 'utf8')

test('the page is up to date', () => {
  expect(page, 'build, then run `node scripts/store-contract-doc.mjs`').toBe(contractPage(storeContract))
})

test('a clause that is added, reworded or given a need changes the page', () => {
  const [clause, ...others] = storeContract
  if (!clause) throw new Error('there are no clauses')
  const pages = [
    [...storeContract, clause],
    [{ ...clause, promise: 'Another | promise.' }, ...others],
    [{ ...clause, needs: 'feed' as const }, ...others],
  ].map(contractPage)
  expect(new Set([...pages, page]).size).toBe(pages.length + 1)
  expect(pages[1]).toContain(`| ${clause.name} | Another \\| promise. |  |\n`)
})

test('the program is short, and runs as printed, one test per clause', async () => {
  const program = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  expect(program.trim().split('\n').length).toBeLessThan(20)
  const cwd = fileURLToPath(new URL('../examples/custom-store', import.meta.url))
  const args = ['--test-reporter=tap', '--input-type=module', '--eval', program]
  const folder = mkdtempSync(join(tmpdir(), 'store-contract-'))
  const env = { TMPDIR: folder, TEMP: folder }
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env })
  rmSync(folder, { recursive: true })
  expect(stdout).toContain(`\n# pass ${storeContract.length}\n`)
})
