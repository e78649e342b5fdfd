/** docs/store-contract.md is what the clauses say, and its program runs as printed. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { storeContract } from '../src/index.js'
import { contractPage } from './store-contract-page.js'

const file = fileURLToPath(new URL('../../../docs/store-contract.md', import.meta.url))
const page = contractPage(storeContract)

test('the page is up to date; `vitest -u` writes it', async () => {
  await expect(page).toMatchFileSnapshot(file)
})

test('a clause that is added, reworded or given a need changes the page', () => {
  const [clause, ...others] = storeContract
  if (!clause) throw new Error('there are no clauses')
  const pages = [
    [...storeContract, clause],
    [{ ...clause, promise: 'Another | promise.' }, ...others],
    [{ ...clause, needs: ['feed'] as const }, ...others],
  ].map(contractPage)
  expect(new Set([...pages, page]).size).toBe(pages.length + 1)
  expect(pages[1]).toContain(`| ${clause.name} | Another \\| promise. |  |\n`)
})

test('the program is short, and runs as printed, one test per clause', async () => {
  const program = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  expect(program.trim().split('\n').length).toBeLessThan(25)
  const cwd = fileURLToPath(new URL('../../../examples/custom-store', import.meta.url))
  const args = ['--test-reporter=tap', '--input-type=module', '--eval', program]
  const folder = mkdtempSync(join(tmpdir(), 'store-contract-'))
  const env = { TMPDIR: folder, TEMP: folder }
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env })
  rmSync(folder, { recursive: true })
  const waking = storeContract.filter(({ needs }) => needs.includes('wake')).length
  expect(stdout).toContain(`\n# pass ${storeContract.length - waking}\n`)
  expect(stdout).toContain(`\n# skipped ${waking}\n`)
  // Each clause opens two connections to a file of its own, and each write waits for the disk.
}, 180_000)
