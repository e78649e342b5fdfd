/** The page docs/store-contract.md: every clause of the store contract, and how to run them. */

import type { StoreClause } from '../src/index.js'

const HEAD = `<!-- Written from the clauses: do not edit. \`npx vitest run packages/contracts/test/store-contract-page.test.ts -u\` writes it. -->

# The store contract

What a \`TokenStore\` promises, as programs that fail where a promise is broken: \`storeContract\`, exported by
\`@auth/contracts\`, for any test runner. [Writing a store](writing-a-store.md) explains the promises;
[a complete store](../examples/custom-store/README.md) keeps them.

## Run it

With \`node --test\`, against two connections to one file:

\`\`\`js
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fakeClock, storeContract, unmetNeeds } from '@auth/contracts'
import { sqliteStore } from './sqlite-store.js'

for (const clause of storeContract) {
  test(clause.name, async (t) => {
    const clock = fakeClock()
    const file = join(mkdtempSync(join(tmpdir(), 'store-')), 'sessions.db')
    const [store, other] = [1, 2].map(() => sqliteStore(file, { now: clock.now }))
    const subject = { store, other, advance: clock.advance }
    const unmet = unmetNeeds(clause, subject)
    if (unmet.length > 0) t.skip(\`the store lacks: \${unmet.join(', ')}\`)
    else await clause.run(subject)
    await Promise.all([store.close(), other.close()])
  })
}
\`\`\`

Any other runner does it the same way: a test per clause, one after another, and a clause that rejects is a promise
broken. \`unmetNeeds\` names what a clause needs and the store under test lacks:

| need | met by |
|---|---|
| clock | \`advance\`, which moves the clock of both clients; a server's clock cannot be moved |
| feed | the optional method \`marks\` |
| wake | the optional method \`onMarks\` |
| documents | the optional methods \`document\` and \`putDocument\` |
| remember | the optional method \`remember\` |

\`other\`, a second client of the same data, is used by every clause about two processes; without it they test less.
`

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The whole page. */
export const contractPage = (clauses: readonly StoreClause[]): string => {
  const rows = clauses.map(
    ({ name, promise, needs }) => `| ${cell(name)} | ${cell(promise)} | ${needs.join(', ')} |`,
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
