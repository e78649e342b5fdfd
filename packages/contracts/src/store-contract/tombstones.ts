/** Clauses about tombstones: ended sessions whose id `insert` refuses for a while. */

import { expect, expectSame } from '../expectations.js'
import {
  BURIED,
  expectOutcome,
  HOUR,
  HOUR_MS,
  idsOf,
  isAlive,
  LIFE,
  query,
  ROOMY,
  rotated,
  since,
  target,
} from './bench.js'
import { clause, needing, type StoreClause, timed } from './clause.js'

const ROUNDS = 20

/** Ids that stay refused. */
export const tombstoneClauses: readonly StoreClause[] = [
  clause(
    'a tombstone refuses its id',
    'An id that was revoked with a tombstone cannot be inserted, whether or not it ever had a session.',
    async ({ store, other, stored, record }) => {
      const ended = await stored()
      const unknown = await record()
      for (const each of [ended, unknown]) {
        await store.revoke(target.session(each), BURIED)
        await expectOutcome(other.insert(each, ROOMY), 'revoked', 'the insert of a buried id')
      }
      const login = await record({ subject: ended.subject })
      await expectOutcome(other.insert(login, ROOMY), 'inserted', 'another session of the subject')
    },
  ),
  clause(
    'a tombstone is no session',
    'A tombstone is not found, not listed and not replaced, and revoking it reports no change.',
    async ({ store, other, stored }) => {
      const record = await stored()
      await store.revoke(target.session(record), BURIED)
      const { record: found, epoch } = await other.find(record.id)
      expectSame([found, epoch], [null, Number.MAX_SAFE_INTEGER], 'record and epoch')
      expectSame(await idsOf(other, record.subject), [], 'the listed sessions')
      expect(!(await other.replace(rotated(record), record.version)), 'replace accepted a tombstone')
      expect(await other.isRevoked(query(record)), 'a token of the buried session is accepted')
      expectSame((await other.revoke(target.session(record), BURIED)).changed, false, 'whether it changed')
      const next = { ...record, id: `${record.id}-next` }
      const insertion = store.insert(next, { max: 1, whenFull: 'deny', markFor: HOUR_MS })
      await expectOutcome(insertion, 'inserted', 'a session in the place of the buried one')
    },
  ),
  clause(
    'a tombstone wins against an insert',
    'Racing against insert, a revocation with a tombstone wins, whichever comes first.',
    async ({ store, other, record }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const login = await record()
        const insert = () => other.insert(login, ROOMY)
        const revoke = () => store.revoke(target.session(login), BURIED)
        await Promise.all(round % 2 === 0 ? [insert(), revoke()] : [revoke(), insert()])
        expect(!(await isAlive(other, login.id)), 'the session lives after the race')
        expect(await store.isRevoked(query(login)), 'a token is accepted after the race')
        await expectOutcome(other.insert(login, ROOMY), 'revoked', 'an insert after the race')
      }
    },
  ),
  clause(
    'a tombstone can follow a revocation',
    'A session that was revoked without a tombstone gets one when it is revoked again with one.',
    async ({ store, other, stored }) => {
      const record = await stored()
      await store.revoke(target.session(record), LIFE)
      await other.revoke(target.session(record), BURIED)
      await expectOutcome(store.insert(record, ROOMY), 'revoked', 'the insert of the buried id')
    },
  ),
  timed(
    'a tombstone lasts for its time',
    'An id is refused for tombstoneFor, however long its session would have lived, and free afterwards.',
    async ({ store, stored, advance }) => {
      const record = await stored({ expiresAt: (await store.find('')).now + 60_000 })
      const later = { ...record, expiresAt: record.createdAt + 24 * HOUR_MS }
      await store.revoke(target.session(record), BURIED)
      // A session keeps the subject's row, and with it the epoch.
      await stored({ subject: record.subject, expiresAt: later.expiresAt })
      await advance(3 * HOUR - 0.001)
      await expectOutcome(store.insert(later, ROOMY), 'revoked', 'an insert before the end of the tombstone')
      await advance(0.001)
      await expectOutcome(store.insert(later, ROOMY), 'inserted', 'an insert after the end of the tombstone')
    },
  ),
  timed(
    'a tombstone is never shortened',
    'A later revocation of the same session, with a shorter tombstone or none, leaves the longer one.',
    async ({ store, record, stored, advance }) => {
      const login = { ...(await record()), expiresAt: (await store.find('')).now + 24 * HOUR_MS }
      await stored({ subject: login.subject, expiresAt: login.expiresAt })
      for (const life of [BURIED, { ...BURIED, tombstoneFor: 1000 }, LIFE]) {
        await store.revoke(target.session(login), life)
      }
      await advance(2 * HOUR)
      await expectOutcome(
        store.insert(login, ROOMY),
        'revoked',
        'an insert before the end of the longer tombstone',
      )
    },
  ),
  needing('clock', 'feed')(
    'a tombstone is no mark',
    'The feed reports a buried session for markFor only, however long its tombstone lasts.',
    async ({ store, other, stored, record, advance }) => {
      const { cursor } = await other.marks()
      const buried = [await stored(), await record()]
      for (const each of buried) await store.revoke(target.session(each), BURIED)
      expectSame((await since(other, cursor)).sort(), buried.map(({ id }) => id).sort(), 'the feed')
      await advance(HOUR)
      expectSame(await since(other, cursor), [], 'the feed after the marks have ended')
      expectSame((await store.find(buried[0]?.id ?? '')).record, null, 'the buried session')
    },
  ),
]
