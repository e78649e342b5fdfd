/** `npm run budgets`: measures packages/*\/src against the budgets, prints the figures, and fails with a place for each. */

import { checkAdapters } from './budgets/adapters.mjs'
import { checkImports } from './budgets/imports.mjs'
import { checkPublicExports } from './budgets/public-exports.mjs'
import { checkSizes } from './budgets/size.mjs'
import { checkWords } from './budgets/words.mjs'
import { readWorkspace } from './budgets/workspace.mjs'
import { root } from './machine/run.mjs'

const RULES = [checkSizes, checkWords, checkImports, checkPublicExports, checkAdapters]

/** @param {import('./budgets/workspace.mjs').Figure} figure */
const row = ({ name, now, budget, where }) => {
  const limit = budget === undefined ? '' : `/ ${budget}`
  return `${name.padEnd(44)}${String(now).padStart(6)} ${limit.padEnd(8)}${where ?? ''}`.trimEnd()
}

const workspace = readWorkspace(root)
const verdicts = RULES.map((rule) => rule(workspace))
const violations = verdicts.flatMap((verdict) => verdict.violations)

console.log(`${'figure'.padEnd(44)}${'now'.padStart(6)} / budget`)
for (const figure of verdicts.flatMap((verdict) => verdict.figures)) console.log(row(figure))
for (const { path, line, message } of violations) console.error(`${path}:${line}  ${message}`)
process.exitCode = violations.length === 0 ? 0 : 1
