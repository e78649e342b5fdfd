/** Clauses about appending: nothing is lost, changed, reordered or entered twice, and no caller is held up. */

import { AUDIT_LIMITS, type AuditLog } from '@auth/core'
import { expect, expectSame } from '../expectations.js'
import { about, allOf, namesOf } from './bench.js'
import { type AuditClause, auditClause } from './clause.js'

const WRITERS = 8
const BATCHES = 10
/** Questions that are answered one after another while one append is under way. */
const TURNS = 1000

const HOSTILE = [
  '\u0000',
  ' ',
  'a ',
  'é€😀',
  '\u2028',
  "'; drop table audit; --",
  '{"a":1}',
  '\\',
  '__proto__',
  'A',
  'a',
]

/** What an append gave: its promise, or what it threw. */
const called = (log: AuditLog, batch: Parameters<AuditLog['append']>[0]): Promise<void> => {
  try {
    return log.append(batch)
  } catch {
    throw new Error('append threw instead of rejecting')
  }
}

/** Appending. */
export const appendingClauses: readonly AuditClause[] = [
  auditClause(
    'every record comes back as it was given',
    'All fields of a record are kept exactly, also odd strings.',
    async ({ log, other, writer }) => {
      const { next } = writer()
      const plain = next()
      const odd = HOSTILE.map((value) =>
        next({ ...about(`${value}-subject`, `${value}-session`), data: JSON.stringify({ value }) }),
      )
      const large = next({ data: JSON.stringify('€'.repeat(AUDIT_LIMITS.text - 2)), at: 0 })
      const batch = [plain, ...odd, large]
      await log.append(batch)
      expectSame(await allOf(other), batch, 'the log')
    },
  ),
  auditClause(
    'records are kept in the order in which they were appended',
    'The order within a batch and between batches is the order of reading, for each writer.',
    async ({ log, other, writer }) => {
      const one = writer()
      const two = writer()
      const batches = [one.some(3), two.some(2), one.some(2), two.some(1)]
      for (const batch of batches) await log.append(batch)
      expectSame(namesOf(await allOf(other)), namesOf(batches.flat()), 'the order')
    },
  ),
  auditClause(
    'no batch is dropped',
    `Of ${BATCHES} full batches each of ${WRITERS} parallel writers every record is there, in the order of its number.`,
    async ({ log, other, writer }) => {
      const writers = Array.from({ length: WRITERS }, writer)
      const write = async (at: number) => {
        for (let batch = 0; batch < BATCHES; batch += 1)
          await (at % 2 === 0 ? log : other).append(writers[at]?.some(AUDIT_LIMITS.batch) ?? [])
      }
      await Promise.all(writers.map((_, at) => write(at)))
      const records = await allOf(other, { limit: AUDIT_LIMITS.longestPage })
      const wanted = Array.from({ length: BATCHES * AUDIT_LIMITS.batch }, (_, at) => at + 1)
      for (const { name } of writers) {
        const numbers = records.filter((record) => record.writer === name).map(({ number }) => number)
        expectSame(numbers, wanted, 'the numbers of one writer')
      }
    },
  ),
  auditClause(
    'a batch may come again',
    'What a writer has appended is left out when it comes again, alone or with later records, through any client.',
    async ({ log, other, writer }) => {
      const { next, some } = writer()
      const [one, two] = [next(), next()]
      await log.append([one, two])
      await other.append([one, two])
      const rest = some(2)
      await other.append([two, ...rest])
      await log.append([one])
      const wanted = namesOf([one, two, ...rest])
      expectSame(namesOf(await allOf(log)), wanted, 'the log')
    },
  ),
  auditClause(
    'an append holds no caller up',
    `An append gives its promise at once, and resolves by itself while ${TURNS} questions are answered.`,
    async ({ log, writer }) => {
      let isKept = false
      const kept = called(log, [writer().next()]).then(() => {
        isKept = true
      })
      // The events that an answer needs come to an end as well; no clock is asked.
      for (let turn = 0; turn < TURNS && !isKept; turn += 1) await log.heads()
      expect(isKept, `an append was not answered while ${TURNS} questions were`)
      await kept
    },
  ),
  auditClause(
    'what is under way when the log closes is kept',
    'An append that was begun before close is carried out; one after it rejects.',
    async ({ log, other, writer }) => {
      const { next } = writer()
      const batches = [[next()], [next()], [next()]]
      await log.append(batches[0] ?? [])
      const appending = called(log, batches[1] ?? [])
      await Promise.all([log.close(), appending])
      const late = await called(log, batches[2] ?? []).then(
        () => 'kept',
        () => 'refused',
      )
      expectSame(late, 'refused', 'an append after close')
      if (other !== log)
        expectSame(namesOf(await allOf(other)), namesOf(batches.slice(0, 2).flat()), 'the log')
    },
  ),
]
