/** `node scripts/store-contract-doc.mjs [--check]`: writes docs/store-contract.md from the clauses, or says it is stale. */

import './machine/require-node.mjs'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './machine/run.mjs'
import { contractPage } from './store-contract-doc/page.mjs'

const page = join(root, 'docs/store-contract.md')
const built = join(root, 'packages/core/dist/testing.js')

const write = async () => {
  if (!existsSync(built)) throw new Error('The clauses are read from the built package: run the build first.')
  const { storeContract } = await import(pathToFileURL(built).href)
  const wanted = contractPage(storeContract)
  const isCurrent = existsSync(page) && readFileSync(page, 'utf8') === wanted
  if (isCurrent) return
  if (process.argv.includes('--check')) {
    throw new Error('docs/store-contract.md is out of date: run `node scripts/store-contract-doc.mjs`.')
  }
  writeFileSync(page, wanted)
}

try {
  await write()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
