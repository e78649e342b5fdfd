/** `npm test`: everything that must hold, on any machine with Node.js and npm, and one line at the end that says so. */

import './machine/require-node.mjs'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install } from './machine/install.mjs'
import { pnpm, root } from './machine/run.mjs'
import { provideSystemTools } from './machine/system-tools.mjs'
import { lastLine, tally, vitestOutcome } from './test-run/tally.mjs'

/** Static checks, in order: scripts of package.json. Output is shown when one fails, or when it says `shown`. */
const CHECKS = [
  { script: 'build', promise: 'every package builds' },
  { script: 'typecheck', promise: 'sources, tests, examples and scripts type-check' },
  { script: 'lint', promise: 'formatted and free of lint' },
  { script: 'budgets', promise: 'size, import and documentation budgets hold', shown: true },
  { script: 'check:unused', promise: 'nothing is unused, nothing undeclared' },
  { script: 'check:packages', promise: 'the packed tarballs are right and load', shown: true },
  { script: 'size', promise: 'bundles stay within their budgets', shown: true },
  { script: 'test:runtimes:ci', promise: 'the contracts hold on other runtimes', shown: true },
]

/** @param {number} since */
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** @param {(typeof CHECKS)[number]} check */
const passes = async ({ script, promise, shown }) => {
  const since = performance.now()
  console.log(`\n== ${script}: ${promise}`)
  const { code, output } = await pnpm(['run', '--silent', script], { quiet: true })
  if (shown || code !== 0) console.log(output.trim())
  console.log(`   ${code === 0 ? 'passed' : 'FAILED'}, ${seconds(since)}`)
  return code === 0
}

const runVitest = async () => {
  const since = performance.now()
  console.log('\n== tests')
  const folder = mkdtempSync(join(tmpdir(), 'auth-tests-'))
  const file = join(folder, 'outcome.json')
  const reporter = join(root, 'scripts/test-run/outcome-reporter.mjs')
  const { code } = await pnpm(['exec', 'vitest', 'run', '--reporter=default', `--reporter=${reporter}`], {
    env: { TEST_OUTCOME_FILE: file },
  })
  const outcome = vitestOutcome(code, existsSync(file) ? readFileSync(file, 'utf8') : null)
  rmSync(folder, { recursive: true })
  console.log(`   ${outcome.failed === 0 ? 'passed' : 'FAILED'}, ${seconds(since)}`)
  return outcome
}

/** @returns {Promise<boolean[]>} */
const checkTools = async () => {
  const complete = await provideSystemTools()
  return complete || !process.env.CI ? [] : [false] // on a developer's machine a warning is enough
}

const runAll = async () => {
  await install()
  const checks = await checkTools()
  for (const check of CHECKS) checks.push(await passes(check))
  return tally(checks, await runVitest())
}

const outcome = await runAll().catch((error) => {
  console.error(error instanceof Error ? error.message : error)
  return { passed: 0, failed: 1, skipped: [] }
})
if (outcome.skipped.length > 0) console.log('\nSkipped:')
for (const { name, reason } of outcome.skipped) console.log(`  ${name}: ${reason}`)
console.log(`\n${lastLine(outcome)}`)
process.exitCode = outcome.failed === 0 ? 0 : 1
