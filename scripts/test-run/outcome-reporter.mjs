/** A vitest reporter that keeps what the last line of `npm test` is counted from: its JSON reporter drops skip reasons. */

import { writeFileSync } from 'node:fs'

/**
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed tests that failed, files that did not load, errors outside of any test
 * @property {{ name: string, reason: string }[]} skipped
 */

/**
 * @param {readonly import('vitest/node').TestModule[]} modules
 * @param {number} strayErrors
 * @returns {Outcome}
 */
const outcomeOf = (modules, strayErrors) => {
  /** @type {Outcome} */
  const outcome = { passed: 0, failed: strayErrors, skipped: [] }
  for (const testModule of modules) {
    outcome.failed += testModule.errors().length
    for (const suite of testModule.children.allSuites()) outcome.failed += suite.errors().length
    for (const test of testModule.children.allTests()) {
      const result = test.result()
      if (result.state === 'passed') outcome.passed += 1
      else if (result.state === 'skipped')
        outcome.skipped.push({
          name: `${testModule.relativeModuleId}: ${test.fullName}`,
          reason: result.note ?? '(no reason given)',
        })
      else outcome.failed += 1 // a test that never ended has not passed
    }
  }
  return outcome
}

/** Writes the outcome to the file that `TEST_OUTCOME_FILE` names. */
export default class OutcomeReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} strayErrors
   */
  onTestRunEnd(modules, strayErrors) {
    const file = process.env.TEST_OUTCOME_FILE
    if (file) writeFileSync(file, JSON.stringify(outcomeOf(modules, strayErrors.length)))
  }
}
