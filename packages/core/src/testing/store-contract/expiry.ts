/** Clauses about time: what ends, and what must not end early. */

import { clause, expect, expectSame, marks, query, type StoreClause, timed } from './clause.js'

const HOUR = 3600

/** Absolute expiries, to the millisecond. */
export const expiryClauses: readonly StoreClause[] = [
  timed(
    'sessions end on time',
    'A session lives until the instant of its expiresAt and not beyond.',
    async ({ store, stored, advance }) => {
      const record = await stored()
      // It keeps the subject's row alive: the session must end by itself.
      const sibling = await stored({ subject: record.subject, expiresAt: record.expiresAt + HOUR * 1000 })
      await advance(2 * HOUR - 0.001)
      expect((await store.find(record.id)).record !== null, 'the session ended early')
      expect(!(await store.isRevoked(query(record))), 'the token was refused early')
      await advance(0.001)
      expectSame((await store.find(record.id)).record, null, 'the session after its end')
      expect(await store.isRevoked(query(record)), 'the token outlived its session')
      expect(!(await store.isRevoked(query(sibling))), 'a longer session of the subject ended as well')
      expect(!(await store.revoke(marks.session(record))), 'revoking what has ended reports a change')
    },
  ),
  timed(
    'idle sessions stay known',
    'An idle session keeps its row until expiresAt: reuse stays detectable.',
    async ({ store, stored, advance }) => {
      const record = await stored()
      await advance(1.5 * HOUR)
      expectSame((await store.find(record.id)).record, record, 'the idle session')
      expectSame(await store.list(record.subject), [], 'the live sessions')
    },
  ),
  timed(
    'subjects outlive sessions',
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
    'subjects outlive marks',
    'A revoked epoch holds while a session or a mark of the subject can live.',
    async ({ store, record, stored, advance }) => {
      const { subject } = await stored()
      const late = await record({ subject })
      await store.revoke(marks.subject(late))
      await advance(1.9 * HOUR)
      expect(
        !(await store.insert({ ...late, expiresAt: late.expiresAt * 2 })),
        'an old login was accepted after a while',
      )
    },
  ),
  timed(
    'marks end on time',
    'Token marks and the feed are kept until their expiresAt.',
    async ({ store, stored, advance }) => {
      const record = await stored()
      const cursor = (await store.marks?.())?.cursor
      await store.revoke(marks.token(record))
      await advance(HOUR - 0.001)
      expect(await store.isRevoked(query(record)), 'a revoked token was accepted before its mark ended')
      const page = await store.marks?.(cursor)
      expect(page?.marks.length !== 0, 'the feed forgot a mark before it ended')
    },
  ),
  clause(
    'replace keeps the end',
    'A replaced session still ends at its expiresAt.',
    async ({ store, stored }) => {
      const record = await stored()
      const past = { ...record, version: 2, idleExpiresAt: record.createdAt - 1 }
      expect(await store.replace(past, record.version), 'replace refused an idle session')
      expectSame((await store.find(record.id)).record, past, 'the idle session')
      expectSame(await store.list(record.subject), [], 'the live sessions')
    },
  ),
]
