/** Clauses about one-time ids. */

import { STORE_LIMITS } from '@auth/core'
import { expect, expectSame } from '../expectations.js'
import { anyName, HOUR, HOUR_MS, together } from './bench.js'
import { needing, type StoreClause } from './clause.js'

const PARALLEL = 50
const remembering = needing('remember')

/** Ids that are remembered for a while. */
export const oneTimeClauses: readonly StoreClause[] = [
  remembering(
    'a one-time id is taken once',
    `Of ${PARALLEL} parallel calls with one id exactly one resolves to true, and every later one to false.`,
    async (bench) => {
      const id = anyName()
      const taken = await together(bench, PARALLEL, (client) => client.remember(id, HOUR_MS))
      expectSame(taken.filter(Boolean).length, 1, 'the number of calls that took it')
      expect(!(await bench.other.remember(id, HOUR_MS)), 'the id was taken again')
    },
  ),
  remembering(
    'one-time ids are told apart',
    'Whatever string a one-time id is, it is kept apart from every other.',
    async ({ store, other }) => {
      const name = anyName()
      const longest = name.padEnd(STORE_LIMITS.identifier - 1, '€')
      for (const id of [
        name,
        `${name}\u0000`,
        `${name} `,
        name.toUpperCase(),
        `${longest}1`,
        `${longest}2`,
      ]) {
        expect(await store.remember(id, HOUR_MS), `the id ${JSON.stringify(id)} was not new`)
        expect(!(await other.remember(id, HOUR_MS)), `the id ${JSON.stringify(id)} was taken again`)
      }
    },
  ),
  needing('remember', 'clock')(
    'a one-time id is forgotten on time',
    'An id is remembered for as long as the first call said, and can be taken anew afterwards.',
    async ({ store, advance }) => {
      const id = anyName()
      expect(await store.remember(id, HOUR_MS), 'a new id was not taken')
      await advance(HOUR - 0.001)
      expect(!(await store.remember(id, 3 * HOUR_MS)), 'the id was forgotten early')
      await advance(0.001)
      expect(await store.remember(id, HOUR_MS), 'the id is still remembered')
    },
  ),
]
