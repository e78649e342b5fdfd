/** The page docs/store-contract.md: every clause of the store contract, and how to run them. */

/** @typedef {Pick<import('../../packages/contracts/src/index.js').StoreClause, 'name' | 'promise' | 'needs'>} Clause */

const HEAD = `<!-- Written by scripts/store-contract-doc.mjs from the clauses. Do not edit: change the clause, build, run the script. -->

# The store contract

What a \`TokenStore\` promises, as programs that fail where a promise is broken: \`storeContract\`, exported by
\`@auth/core/testing\`, for any test runner. [Writing a store](writing-a-store.md) explains the promises;
[a complete store](../examples/custom-store/README.md) keeps them.

## Run it

With \`node --test\`, against two connections to one file:

\`\`\`js
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fakeClock, storeContract } from '@auth/core/testing'
import { sqliteStore } from './sqlite-store.js'

for (const clause of storeContract) {
  test(clause.name, async () => {
    const clock = fakeClock()
    const file = join(mkdtempSync(join(tmpdir(), 'store-')), 'sessions.db')
    const [store, other] = [1, 2].map(() => sqliteStore(file, { now: clock.now }))
    await clause.run({ store, other, advance: clock.advance })
    await Promise.all([store.close(), other.close()])
  })
}
\`\`\`

Any other runner does it the same way: a test per clause, one after another, and a clause that rejects is a promise
broken. What a clause needs:

- **clock**: \`advance\`, which moves the clock of both stores. Leave these clauses out where the clock is a server's.
- **feed**: the optional method \`marks\`. Leave these out where the store has none.

\`other\`, a second client of the same data, is used by every clause about two processes; without it they test less.
`

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|')

/** @param {readonly Clause[]} clauses */
export const contractPage = (clauses) => {
  const rows = clauses.map(
    ({ name, promise, needs }) => `| ${cell(name)} | ${cell(promise)} | ${needs ?? ''} |`,
  )
  return [
    HEAD,
    `## The ${clauses.length} clauses\n`,
    '| clause | promise | needs |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
