/** The last line of `npm test` tells the truth, whatever happened to vitest. */

import { expect, test } from 'vitest'
import { provideSystemTools } from './machine/system-tools.mjs'
import { lastLine, tally, vitestOutcome } from './test-run/tally.mjs'

const report = (passed: number, failed: number, skipped = 0) =>
  JSON.stringify({
    passed,
    failed,
    skipped: Array.from({ length: skipped }, () => ({ name: 'a', reason: 'b' })),
  })

test.each([
  ['all is well', 0, report(7, 0), '9 passed, 0 failed'],
  ['something was skipped', 0, report(7, 0, 2), '9 passed, 0 failed, 2 skipped'],
  ['a test failed', 1, report(6, 1), '8 passed, 1 failed'],
  ['vitest crashed and left no report', 139, null, '2 passed, 1 failed'],
  ['vitest failed after its report', 1, report(7, 0), '9 passed, 1 failed'],
  ['there were no tests at all', 0, report(0, 0), '2 passed, 1 failed'],
])('%s', (_, exitCode, written, line) => {
  expect(lastLine(tally([true, true], vitestOutcome(exitCode, written)))).toBe(line)
})

test('a static check that failed is one failure', () => {
  expect(lastLine(tally([true, false], vitestOutcome(0, report(7, 0))))).toBe('8 passed, 1 failed')
})

test('tools that are there are left alone', async () => {
  const tool = { what: 'a', isThere: () => true, debianPackage: 'never-installed', testsThatNeedIt: 'none' }
  expect(await provideSystemTools([tool])).toBe(true)
})
