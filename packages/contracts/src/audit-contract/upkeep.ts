/** Clauses about the ends of chains, pruning and erasure. */

import { expectSame } from '../expectations.js'
import { about, allOf, namesOf } from './bench.js'
import { type AuditClause, auditClause } from './clause.js'

const byWriter = (a: { readonly writer: string }, b: { readonly writer: string }) =>
  a.writer < b.writer ? -1 : 1

/** Ends of chains, pruning, erasure. */
export const upkeepClauses: readonly AuditClause[] = [
  auditClause(
    'heads are both ends of each chain',
    'Every writer that has a record is named with its oldest and newest number and the newest MAC.',
    async ({ log, other, writer }) => {
      expectSame(await other.heads(), [], 'the heads of an empty log')
      const writers = [writer(), writer()]
      const last = []
      for (const { some } of writers) {
        await log.append(some(3))
        const batch = some(2)
        await log.append(batch)
        last.push(...batch.slice(1))
      }
      const wanted = last.map(({ writer, number, mac }) => ({ writer, first: 1, last: number, mac }))
      expectSame([...(await other.heads())].sort(byWriter), wanted.sort(byWriter), 'the heads')
    },
  ),
  auditClause(
    'pruning removes what is named and nothing else',
    'Of each named writer the records up to the number go; the rest stays, and the chain goes on.',
    async ({ log, other, writer }) => {
      const [one, two, three] = [writer(), writer(), writer()]
      const [first, second, third] = [one.some(5, about('42')), two.some(3), three.some(2)]
      for (const batch of [first.slice(0, 2), second, first.slice(2), third]) await log.append(batch)
      await other.prune([
        { writer: one.name, number: 3 },
        { writer: three.name, number: 2 },
        { writer: 'unknown', number: 9 },
      ])
      const later = one.some(1)
      await log.append(later)
      expectSame(namesOf(await allOf(other)), namesOf([...second, ...first.slice(3), ...later]), 'the log')
      expectSame(
        namesOf(await allOf(other, { subject: '42' })),
        namesOf(first.slice(3)),
        'the records of a subject',
      )
      const heads = (await other.heads()).map(({ writer, first, last }) => ({ writer, first, last }))
      const wanted = [
        { writer: one.name, first: 4, last: 6 },
        { writer: two.name, first: 1, last: 3 },
      ]
      expectSame(heads.sort(byWriter), wanted.sort(byWriter), 'the heads')
    },
  ),
  auditClause(
    'a cursor outlives pruning',
    'A reader that goes on after its page was pruned is given what comes after it.',
    async ({ log, other, writer }) => {
      const { name, some } = writer()
      const records = some(10)
      await log.append(records)
      const { cursor } = await other.read({ limit: 4 })
      await log.prune([{ writer: name, number: 6 }])
      expectSame(namesOf((await other.read({ cursor })).records), namesOf(records.slice(6)), 'the next page')
    },
  ),
  auditClause(
    'erasing takes the person out of the named records',
    'Subject, session and personal fields of the named records become null; all else stays, and is found no more by them.',
    async ({ log, other, writer }) => {
      const { name, next } = writer()
      const records = [next(about('42', 's1')), next(about('42', 's2')), next(about('43', 's3')), next()]
      await log.append(records)
      await other.erase([
        { writer: name, number: 1 },
        { writer: name, number: 4 },
        { writer: name, number: 9 },
        { writer: 'unknown', number: 2 },
      ])
      const erased = { ...records[0], subject: null, session: null, personal: null }
      expectSame(await allOf(other), [erased, ...records.slice(1)], 'the log')
      expectSame(namesOf(await allOf(other, { subject: '42' })), [`${name} 2`], 'the records of the subject')
      expectSame(await allOf(other, { session: 's1' }), [], 'the records of the session')
    },
  ),
  auditClause(
    'what was erased does not come back',
    'A batch that comes again after an erasure changes nothing.',
    async ({ log, other, writer }) => {
      const { name, next } = writer()
      const batch = [next(about('42', 's1')), next()]
      await log.append(batch)
      await other.erase([{ writer: name, number: 1 }])
      await log.append(batch)
      expectSame(
        (await allOf(other)).map(({ personal }) => personal),
        [null, null],
        'what is personal',
      )
      expectSame(await allOf(other, { subject: '42' }), [], 'the records of the subject')
    },
  ),
]
