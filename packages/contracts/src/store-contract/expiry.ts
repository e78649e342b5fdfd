/** Clauses about time: what ends, and what must not end early. */

import { expect, expectSame } from '../expectations.js'
import { aboutOf, expectOutcome, HOUR, HOUR_MS, LIFE, query, ROOMY, since, target } from './bench.js'
import { clause, fed, needing, type StoreClause, timed } from './clause.js'

/** Absolute expiries, to the millisecond. */
export const expiryClauses: readonly StoreClause[] = [
  timed(
    'sessions end on time',
    'A session lives until the instant of its expiresAt and not beyond.',
    async ({ store, stored, advance }) => {
      const record = await stored()
      // It keeps the subject's row alive: the session must end by itself.
      const sibling = await stored({ subject: record.subject, expiresAt: record.expiresAt + HOUR_MS })
      await advance(2 * HOUR - 0.001)
      expect((await store.find(record.id)).record !== null, 'the session ended early')
      expect(!(await store.isRevoked(query(record))), 'the token was refused early')
      await advance(0.001)
      expectSame((await store.find(record.id)).record, null, 'the session after its end')
      expect(await store.isRevoked(query(record)), 'the token outlived its session')
      expect(!(await store.isRevoked(query(sibling))), 'a longer session of the subject ended as well')
      const { changed } = await store.revoke(target.session(record), LIFE)
      expect(!changed, 'revoking what has ended reports a change')
    },
  ),
  timed(
    'an idle session keeps its row',
    'An idle session keeps its row until expiresAt: reuse stays detectable.',
    async ({ store, stored, advance }) => {
      const record = await stored()
      await advance(1.5 * HOUR)
      expectSame((await store.find(record.id)).record, record, 'the idle session')
      expectSame(await store.list(record.subject), [], 'the live sessions')
    },
  ),
  timed(
    'the epoch outlives every session of the subject',
    'The epoch holds until the latest expiresAt of all sessions.',
    async ({ store, stored, advance }) => {
      const long = await stored()
      await stored({ subject: long.subject, expiresAt: long.createdAt + 1000 })
      await advance(HOUR)
      expectSame(
        (await store.epoch(long.subject)).epoch,
        long.epoch,
        'the epoch after a shorter session has ended',
      )
      expect(!(await store.isRevoked(query(long))), 'the longer session died with the shorter')
      await advance(HOUR)
      const { epoch, now } = await store.epoch(long.subject)
      expectSame(epoch, now, 'the epoch after the last session has ended')
    },
  ),
  timed(
    'a raised epoch outlives every session and mark of the subject',
    'A revoked epoch holds while a session or a mark of the subject can live.',
    async ({ store, record, stored, advance }) => {
      const { subject } = await stored()
      const late = await record({ subject })
      await store.revoke(target.subject(late), LIFE)
      await advance(1.9 * HOUR)
      const again = { ...late, expiresAt: late.expiresAt * 2 }
      await expectOutcome(store.insert(again, ROOMY), 'superseded', 'an old login after a while')
      const unknown = await record({ epoch: (await store.find('')).now })
      await store.revoke(target.subject(unknown), { markFor: 3 * HOUR_MS })
      await advance(3 * HOUR - 0.001)
      const kept = { ...unknown, expiresAt: unknown.expiresAt * 2 }
      await expectOutcome(store.insert(kept, ROOMY), 'superseded', 'an old login while the mark lasts')
    },
  ),
  timed(
    'marks end on time',
    'A revoked token is refused until its mark has ended; then it can be revoked anew.',
    async ({ store, stored, advance }) => {
      const record = await stored()
      await store.revoke(target.token(record), LIFE)
      await advance(HOUR - 0.001)
      expect(await store.isRevoked(query(record)), 'a revoked token was accepted before its mark ended')
      await advance(0.001)
      const { changed } = await store.revoke(target.token(record), LIFE)
      expect(changed, 'a revocation after the end of the mark changed nothing')
    },
  ),
  needing('clock', 'feed')(
    'the feed keeps marks until they end',
    'A mark is in the feed until its time has passed.',
    async ({ store, other, stored, advance }) => {
      const record = await stored()
      const { cursor } = await other.marks()
      await store.revoke(target.token(record), LIFE)
      await store.revoke(target.subject(record), LIFE)
      await advance(HOUR - 0.001)
      expectSame((await since(other, cursor)).length, 2, 'the number of marks just before their end')
    },
  ),
  clause(
    'a replaced session keeps its end',
    'A replaced session still ends at its expiresAt.',
    async ({ store, stored }) => {
      const record = await stored()
      const past = { ...record, version: 2, idleExpiresAt: record.createdAt - 1 }
      expect(await store.replace(past, record.version), 'replace refused an idle session')
      expectSame((await store.find(record.id)).record, past, 'the idle session')
      expectSame(await store.list(record.subject), [], 'the live sessions')
    },
  ),
  timed(
    'the life of a mark is counted by the clock of the store',
    'A mark lasts markFor from the moment of its revocation, and revoked again it has less left.',
    async ({ store, other, stored, advance }) => {
      const record = await stored()
      for (const asked of [target.token(record), target.session(record)]) {
        const { mark } = await store.revoke(asked, LIFE)
        expectSame(mark?.lastsFor, HOUR_MS, 'how long the mark lasts')
        await advance(60)
        const again = await other.revoke(asked, { markFor: 2 * HOUR_MS })
        expectSame(again.mark?.lastsFor, HOUR_MS - 60_000, 'how long it lasts a minute later')
      }
      const { mark } = await store.revoke(target.subject(record), { markFor: 1000 })
      expectSame(mark?.lastsFor, 1000, 'how long the mark of a subject lasts')
    },
  ),
  needing('clock', 'feed')(
    'the feed says how long each mark still lasts',
    'What is left of a mark in the feed shrinks with the clock of the store.',
    async ({ store, other, stored, record, advance }) => {
      const { subject } = await stored()
      const evicting = { max: 1, whenFull: 'evict', markFor: 3 * HOUR_MS } as const
      const { cursor } = await other.marks()
      await store.insert(await record({ subject }), evicting)
      await store.revoke({ kind: 'subject', subject }, { markFor: 2 * HOUR_MS })
      const left = async () => (await other.marks(cursor)).marks.map(({ lastsFor }) => lastsFor)
      expectSame(await left(), [3 * HOUR_MS, 2 * HOUR_MS], 'the time that is left')
      await advance(HOUR)
      expectSame(await left(), [2 * HOUR_MS, HOUR_MS], 'the time that is left an hour later')
    },
  ),
  fed(
    'no mark lasts longer than it was asked to',
    'What is left of a mark is more than 0 and at most what was asked for.',
    async ({ store, other, stored }) => {
      const record = await stored()
      const { cursor } = await other.marks()
      await store.revoke(target.token(record), { markFor: 60_000 })
      await store.revoke(target.subject(record), { markFor: 60_000 })
      for (const mark of (await other.marks(cursor)).marks) {
        const sound = mark.lastsFor > 0 && mark.lastsFor <= 60_000
        expect(sound, `the mark of ${aboutOf(mark)} lasts for ${mark.lastsFor} ms`)
      }
    },
  ),
]
