/** The tally of a test run: static checks and vitest's tests added up, and the line that says so. */

/**
 * @typedef {import('./outcome-reporter.mjs').Outcome} Outcome
 */

/**
 * What a run of vitest counts for: a run without an outcome, or one that ended badly without saying why, is one failure.
 *
 * @param {number} exitCode
 * @param {string | null} report what the outcome reporter wrote, if it did
 * @returns {Outcome}
 */
export const vitestOutcome = (exitCode, report) => {
  if (report === null) return { passed: 0, failed: 1, skipped: [] }
  /** @type {Outcome} */
  const outcome = JSON.parse(report)
  const unexplained = exitCode !== 0 && outcome.failed === 0
  const empty = outcome.passed + outcome.failed === 0
  return unexplained || empty ? { ...outcome, failed: 1 } : outcome
}

/**
 * @param {readonly boolean[]} checks whether each static check passed
 * @param {Outcome} tests
 * @returns {Outcome}
 */
export const tally = (checks, tests) => ({
  passed: tests.passed + checks.filter((passed) => passed).length,
  failed: tests.failed + checks.filter((passed) => !passed).length,
  skipped: tests.skipped,
})

/**
 * The last line: `12 passed, 0 failed`, and `, 1 skipped` where something was.
 *
 * @param {Outcome} outcome
 */
export const lastLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
