/**
 * `npm test`: everything that must hold, on any machine with Node.js and npm, and one line at the end that says so.
 * `npm test lint tests` takes some of the steps only.
 */

import { install, pnpm } from './machine.mjs'
import { provideSystemTools } from './system-tools.mjs'

/** The steps before the tests, in order: scripts of package.json, and what each promises. */
const CHECKS = {
  build: 'every package builds',
  typecheck: 'sources, tests, examples and scripts type-check',
  lint: 'formatted, free of lint, no file and no function too long',
  ladder: 'imports go down the ladder, and none goes in a circle',
  budgets: 'sources are short on the whole, adapters thin',
  'check:unused': 'nothing is unused, nothing undeclared',
  'check:packages': 'the packed tarballs are right, load, and keep what they guard',
  size: 'bundles stay within their budgets',
  'test:runtimes:ci': 'the contracts hold on other runtimes',
}

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Outcome */

/** @param {boolean} holds @returns {Outcome} */
const one = (holds) => ({ passed: holds ? 1 : 0, failed: holds ? 0 : 1, skipped: [] })

/** @param {string} script @param {string} promise */
const check = async (script, promise) => {
  const since = performance.now()
  console.log(`\n== ${script}: ${promise}`)
  const { code, output } = await pnpm(['run', '--silent', script])
  const seconds = ((performance.now() - since) / 1000).toFixed(1)
  console.log(`${output.trimEnd()}\n   ${code === 0 ? 'passed' : 'FAILED'}, ${seconds} s`)
  return one(code === 0)
}

/**
 * Runs vitest in the folder of the command, and counts also files that did not load and errors outside of tests.
 *
 * @returns {Promise<Outcome>}
 */
const tests = async () => {
  console.log('\n== tests')
  const { startVitest } = await import('vitest/node')
  const vitest = await startVitest('test', [], { run: true, reporters: ['default'], root: process.cwd() })
  const modules = vitest.state.getTestModules()
  const all = modules.flatMap((module) => [...module.children.allTests()])
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
  const broken = suites.flatMap((suite) => suite.errors()).length + vitest.state.getUnhandledErrors().length
  const passed = all.filter((test) => test.result().state === 'passed').length
  const skipped = all.flatMap((test) => {
    const result = test.result()
    if (result.state !== 'skipped') return []
    return [`${test.module.relativeModuleId}: ${test.fullName}: ${result.note ?? '(no reason given)'}`]
  })
  await vitest.close()
  const failed = all.length - passed - skipped.length + broken
  return { passed, failed: passed + failed === 0 ? 1 : failed, skipped } // a run without a test shows nothing
}

/** @param {readonly string[]} wanted all steps where it is empty @returns {Promise<Outcome[]>} */
const runAll = async (wanted) => {
  const unknown = wanted.filter((name) => name !== 'tests' && !(name in CHECKS))
  if (unknown.length > 0)
    throw new Error(`No step is called ${unknown}; there are ${Object.keys(CHECKS)},tests`)
  const isWanted = (/** @type {string} */ name) => wanted.length === 0 || wanted.includes(name)
  await install()
  const complete = await provideSystemTools()
  const outcomes = complete || !process.env.CI ? [] : [one(false)] // a developer is warned, and goes on
  for (const [script, promise] of Object.entries(CHECKS))
    if (isWanted(script)) outcomes.push(await check(script, promise))
  return isWanted('tests') ? [...outcomes, await tests()] : outcomes
}

const outcomes = await runAll(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error)
  return [one(false)]
})
const skipped = outcomes.flatMap((outcome) => outcome.skipped)
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0)
if (skipped.length > 0) console.log(`\nSkipped:\n  ${skipped.join('\n  ')}`)
console.log(`\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`)
process.exit(failed === 0 ? 0 : 1)
