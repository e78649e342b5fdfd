/** Clauses about reading: the answer is what was asked for, all of it and nothing else. */

import type { AuditQuery, AuditRecord } from '@auth/core'
import { expect, expectSame } from '../expectations.js'
import { about, allOf, namesOf, THEN } from './bench.js'
import { type AuditClause, auditClause } from './clause.js'

const MINUTE = 60_000
const BATCHES = 40
/** Polls at the end, and the pause before each in milliseconds: together more than a reader may lag behind. */
const TURNS = 240
const PAUSE = 50

const later = (work: () => Promise<void>): Promise<void> =>
  new Promise((resolve, reject) => setTimeout(() => work().then(resolve, reject), PAUSE))

/** Strings that careless comparisons take for one another. */
const ALIKE = ['42', '42 ', ' 42', '4', '421', '042', '4_', '4%', 'alice', 'Alice', 'álice', 'null']

/** Reading. */
export const readingClauses: readonly AuditClause[] = [
  auditClause(
    'a subject is answered with its own records',
    'A query for a subject gives all records about exactly that subject.',
    async ({ log, other, writer }) => {
      const { next } = writer()
      const records = ALIKE.map((subject) => next(about(subject, `session of ${subject}`)))
      await log.append([...records, next()])
      for (const [at, subject] of ALIKE.entries())
        expectSame(
          await allOf(other, { subject }),
          [records[at]],
          `the records of ${JSON.stringify(subject)}`,
        )
      expectSame(await allOf(other, { subject: 'unknown' }), [], 'the records of another subject')
    },
  ),
  auditClause(
    'a session is answered with its own records',
    'A query for a session gives all records about exactly that session.',
    async ({ log, other, writer }) => {
      const { next } = writer()
      const records = ALIKE.map((session) => next(about('42', session)))
      await log.append([...records, next(about('42'))])
      for (const [at, session] of ALIKE.entries())
        expectSame(
          await allOf(other, { session }),
          [records[at]],
          `the records of ${JSON.stringify(session)}`,
        )
    },
  ),
  auditClause(
    'types and times are bounds',
    'Types are those named; since is inclusive and until is not; all conditions hold together.',
    async ({ log, other, writer }) => {
      const { next } = writer()
      const types = ['login', 'logout', 'login_failed']
      const records = [0, 1, 2, 3].flatMap((minute) =>
        types.flatMap((type) =>
          ['42', '43'].map((subject) =>
            next({ type, at: THEN + minute * MINUTE, ...about(subject, `s${minute}`) }),
          ),
        ),
      )
      await log.append(records)
      const expectAnswer = async (query: AuditQuery, holds: (record: AuditRecord) => boolean) =>
        expectSame(namesOf(await allOf(other, query)), namesOf(records.filter(holds)), JSON.stringify(query))
      const since = THEN + MINUTE
      const until = THEN + 3 * MINUTE
      await expectAnswer({ types: ['login'] }, ({ type }) => type === 'login')
      await expectAnswer({ types: ['login', 'logout'] }, ({ type }) => type !== 'login_failed')
      await expectAnswer({ types: [] }, () => false)
      await expectAnswer({ since }, ({ at }) => at >= since)
      await expectAnswer({ until }, ({ at }) => at < until)
      await expectAnswer(
        { subject: '42', session: 's2', types: ['logout'], since, until },
        ({ number }) => number === 15,
      )
    },
  ),
  auditClause(
    'pages follow each other',
    'A cursor gives what comes after its page, nothing twice; only the last page is short, and it can be followed too.',
    async ({ log, other, writer }) => {
      const { some } = writer()
      const records = [...some(30, about('42')), ...some(30), ...some(5, about('42'))]
      await log.append(records)
      for (const limit of [1, 7, 65, 1000]) {
        for (const query of [{}, { subject: '42' }]) {
          const wanted = records.filter(({ subject }) => !('subject' in query) || subject === '42')
          expectSame(namesOf(await allOf(other, { ...query, limit })), namesOf(wanted), `pages of ${limit}`)
        }
      }
      const last = await other.read({ limit: 1000 })
      const later = some(2)
      await log.append(later)
      const next = await other.read({ limit: 1000, cursor: last.cursor })
      expectSame(namesOf(next.records), namesOf(later), 'what was appended later')
      expectSame((await other.read({ cursor: next.cursor })).records, [], 'what comes after the end')
    },
  ),
  auditClause(
    'the newest can come first',
    'In the order newest all is answered in the reverse of the order of appending, page by page.',
    async ({ log, other, writer }) => {
      const { some } = writer()
      const records = [...some(10, about('42')), ...some(15), ...some(5, about('42'))]
      await log.append(records)
      for (const limit of [1, 4, 1000]) {
        const all = await allOf(other, { order: 'newest', limit })
        expectSame(namesOf(all), namesOf(records.toReversed()), `pages of ${limit}, newest first`)
      }
      const own = await allOf(other, { order: 'newest', limit: 4, subject: '42' })
      const wanted = records.filter(({ subject }) => subject === '42').toReversed()
      expectSame(namesOf(own), namesOf(wanted), 'the records of one subject, newest first')
    },
  ),
  auditClause(
    'a page has a hundred records where none is asked for',
    'Without a limit a page has 100 records.',
    async ({ log, other, writer }) => {
      const { some } = writer()
      const records = [...some(100), ...some(1)]
      await log.append(records.slice(0, 100))
      await log.append(records.slice(100))
      expectSame((await other.read({})).records.length, 100, 'the length of a page')
    },
  ),
  auditClause(
    'a reader that follows writers misses nothing',
    'A reader that polls while several writers append is given every record once.',
    async ({ log, other, writer }) => {
      const writers = [writer(), writer(), writer()]
      const written: AuditRecord[] = []
      const seen: AuditRecord[] = []
      let cursor: string | undefined
      const poll = async () => {
        const page = await other.read({ limit: 1000, ...(cursor === undefined ? {} : { cursor }) })
        seen.push(...page.records)
        cursor = page.cursor
      }
      const write = async (at: number) => {
        for (let turn = 0; turn < BATCHES; turn += 1) {
          const batch = writers[at]?.some(1 + (turn % 3)) ?? []
          written.push(...batch)
          await (at % 2 === 0 ? log : other).append(batch)
        }
      }
      let isWriting = true
      const read = async () => {
        while (isWriting) await poll()
      }
      const reading = read()
      await Promise.all(writers.map((_, at) => write(at)))
      isWriting = false
      await reading
      // A reader may lag behind by ten seconds; the log says by a short page that there is no more for now.
      for (let turn = 0; turn < TURNS && seen.length < written.length; turn += 1) await later(poll)
      expectSame(namesOf(seen).sort(), namesOf(written).sort(), 'what the reader was given')
    },
  ),
  auditClause(
    'a foreign cursor is refused',
    'A cursor that no log has given rejects with invalid_argument.',
    async ({ log, writer }) => {
      await log.append(writer().some(2))
      for (const cursor of ['no cursor', '-1', '1; drop table', '']) {
        const answer = await log.read({ cursor }).then(
          () => 'an answer',
          ({ code }: { readonly code?: string }) => code,
        )
        expect(answer === 'invalid_argument', `the cursor ${JSON.stringify(cursor)} was given ${answer}`)
      }
    },
  ),
]
