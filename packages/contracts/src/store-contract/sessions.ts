/** Clauses about rows: insert, find, replace, list. */

import type { SessionRecord } from '@auth/core'
import { expect, expectSame } from '../expectations.js'
import { anySubject, expectOutcome, idsOf, isAlive, LIFE, ROOMY, rotated, target, together } from './bench.js'
import { clause, type StoreClause } from './clause.js'

const PARALLEL = 50

/** Sessions as rows. */
export const sessionClauses: readonly StoreClause[] = [
  clause(
    'insert stores the whole record',
    'An inserted session is found, field for field, by every client.',
    async ({ stored, other }) => {
      const record = await stored({
        device: 'Ümläut',
        data: { tenant: 'a', list: [1, null, { deep: true }] },
      })
      const found = await other.find(record.id)
      expectSame(found.record, record, 'the found record')
      expectSame(found.epoch, record.epoch, 'the epoch of the subject')
    },
  ),
  clause(
    'stored records are copies',
    'What a caller does to an object that it gave or got does not reach the store.',
    async ({ store, record }) => {
      const data = { list: ['before'] }
      const given = await record({ data })
      await store.insert(given, ROOMY)
      data.list.push('after')
      Object.assign(given, { seed: 'other' })
      const first = (await store.find(given.id)).record
      ;(first?.data as typeof data | undefined)?.list.push('found')
      const found = (await store.find(given.id)).record
      expectSame([found?.data, found?.seed === 'other'], [{ list: ['before'] }, false], 'the stored record')
    },
  ),
  clause(
    'insert refuses a taken id',
    'A second insert under one id changes nothing.',
    async ({ store, other, stored }) => {
      const record = await stored()
      await expectOutcome(other.insert({ ...record, seed: 'other' }, ROOMY), 'taken', 'the second insert')
      expectSame((await store.find(record.id)).record, record, 'the record')
    },
  ),
  clause(
    'insert refuses an expired session',
    'A session that has already ended is not created.',
    async ({ store, record }) => {
      const fresh = await record()
      const dead = { ...fresh, expiresAt: fresh.createdAt }
      await expectOutcome(store.insert(dead, ROOMY), 'superseded', 'the insert of an expired session')
      expect((await store.find(dead.id)).record === null, 'find returned an expired session')
    },
  ),
  clause(
    'an unknown session is not found',
    'An unknown session is null under an epoch that kills everything.',
    async ({ store, record }) => {
      const { id, createdAt } = await record()
      const { record: found, epoch, now } = await store.find(id)
      expectSame([found, epoch], [null, Number.MAX_SAFE_INTEGER], 'record and epoch')
      expect(
        Number.isSafeInteger(now) && Math.abs(now - createdAt) < 60_000,
        'now is not the clock of the store',
      )
    },
  ),
  clause(
    'replace stores the new record',
    'The row is replaced where the version is the expected one.',
    async ({ store, other, stored }) => {
      const record = await stored()
      const next = { ...rotated(record), idleExpiresAt: record.idleExpiresAt + 1000 }
      expect(await store.replace(next, record.version), 'replace refused the expected version')
      expectSame((await other.find(record.id)).record, next, 'the record')
    },
  ),
  clause(
    'replace refuses a stale version',
    'A stale version changes nothing.',
    async ({ store, other, stored }) => {
      const record = await stored()
      const winner = rotated(record)
      await store.replace(winner, record.version)
      expect(
        !(await other.replace({ ...rotated(record), seed: 'loser' }, record.version)),
        'replace accepted a stale version',
      )
      expectSame((await store.find(record.id)).record, winner, 'the record')
    },
  ),
  clause(
    'replace has one winner',
    `Of ${PARALLEL} parallel replaces of one version exactly one succeeds.`,
    async ({ store, other, stored }) => {
      const record = await stored()
      const racers = Array.from({ length: PARALLEL }, (_, at) => ({
        ...rotated(record),
        seed: `racer ${at}`,
      }))
      const won = await together({ store, other }, PARALLEL, (client, at) =>
        client.replace(racers[at] as SessionRecord, record.version),
      )
      expectSame(won.filter(Boolean).length, 1, 'the number of winners')
      expectSame((await store.find(record.id)).record, racers[won.indexOf(true)], 'the record')
    },
  ),
  clause(
    'replace creates no session',
    'A session that does not exist cannot be replaced.',
    async ({ store, record }) => {
      const fresh = await record()
      expect(!(await store.replace(rotated(fresh), fresh.version)), 'replace accepted an unknown session')
      expect(!(await isAlive(store, fresh.id)), 'replace created a session')
    },
  ),
  clause(
    'list gives every live session of the subject',
    'All live sessions of the subject and of no other, newest first.',
    async ({ store, stored }) => {
      const subject = anySubject()
      const first = await stored({ subject, createdAt: 1000 })
      const second = await stored({ subject, createdAt: 2000 })
      await stored()
      expectSame(await idsOf(store, subject), [second.id, first.id], 'the listed sessions')
      expectSame(await idsOf(store, anySubject()), [], 'the sessions of an unknown subject')
    },
  ),
  clause(
    'list leaves out revoked and idle sessions',
    'Revoked and idle sessions are not listed.',
    async ({ store, stored }) => {
      const subject = anySubject()
      const { id, createdAt } = await stored({ subject })
      const revoked = await stored({ subject })
      await stored({ subject, idleExpiresAt: createdAt - 1 })
      await store.revoke(target.session(revoked), LIFE)
      expectSame(await idsOf(store, subject), [id], 'the listed sessions')
    },
  ),
  clause(
    'list gives at most 100 sessions',
    'At most the 100 newest sessions are listed.',
    async ({ store, stored }) => {
      const subject = anySubject()
      for (let at = 0; at < 101; at += 1) await stored({ subject, createdAt: 1000 + at })
      const created = (await store.list(subject)).map(({ createdAt }) => createdAt)
      expectSame(
        [created.length, created[0], created.at(-1)],
        [100, 1100, 1001],
        'length, newest and oldest of the list',
      )
    },
  ),
]
