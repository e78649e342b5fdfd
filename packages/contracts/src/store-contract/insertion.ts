/** Clauses about what becomes of an insert, and about the cap of sessions per subject. */

import { expect, expectSame } from '../expectations.js'
import {
  anySubject,
  type Bench,
  BURIED,
  expectOutcome,
  HOUR_MS,
  idsOf,
  isAlive,
  LIFE,
  query,
  ROOMY,
  since,
  target,
  together,
} from './bench.js'
import { clause, fed, type StoreClause } from './clause.js'

const PARALLEL = 50

const cap = (max: number, whenFull: 'evict' | 'deny') => ({ max, whenFull, markFor: HOUR_MS }) as const

/** Draws logins of one subject and inserts them at once under a cap of three. */
const race = async (bench: Bench, whenFull: 'evict' | 'deny') => {
  const subject = anySubject()
  const logins = await Promise.all(Array.from({ length: PARALLEL }, () => bench.record({ subject })))
  const insertions = await together(bench, PARALLEL, async (client, at) => {
    const login = logins[at]
    if (!login) throw new Error('there are as many logins as calls')
    return { id: login.id, ...(await client.insert(login, cap(3, whenFull))) }
  })
  const alive = await Promise.all(logins.map(({ id }) => isAlive(bench.other, id)))
  const living = logins.filter((_, at) => alive[at]).map(({ id }) => id)
  expectSame(living.length, 3, 'the number of sessions that live')
  expectSame((await idsOf(bench.store, subject)).sort(), [...living].sort(), 'the listed sessions')
  return { insertions, living }
}

/** The outcomes of insert. */
export const insertionClauses: readonly StoreClause[] = [
  clause(
    'insert names the first reason that applies',
    'Where several reasons refuse an insert, a tombstone comes first, then a taken id, what is outdated, the cap.',
    async ({ store, stored, record }) => {
      const taken = await stored()
      const buried = await stored({ subject: taken.subject })
      await store.revoke(target.session(buried), BURIED)
      const outdated = { subject: taken.subject, epoch: taken.epoch - 1 }
      const expired = { expiresAt: taken.createdAt }
      const free = await record(outdated)
      const full = cap(1, 'deny')
      await expectOutcome(
        store.insert({ ...buried, ...expired }, full),
        'revoked',
        'a tombstone, outdated, full',
      )
      await expectOutcome(
        store.insert({ ...taken, ...outdated }, full),
        'taken',
        'a taken id, outdated, full',
      )
      await expectOutcome(store.insert({ ...taken, ...expired }, full), 'taken', 'a taken id, expired, full')
      await expectOutcome(store.insert(free, full), 'superseded', 'another epoch, full')
      await expectOutcome(
        store.insert({ ...free, epoch: taken.epoch }, full),
        'full',
        'full and nothing else',
      )
      await expectOutcome(store.insert({ ...free, epoch: taken.epoch }, ROOMY), 'inserted', 'no reason')
    },
  ),
  clause(
    'a refused insert changes nothing',
    'An insert that is refused creates no row of the session or of its subject, and evicts no session.',
    async ({ store, other, stored, record }) => {
      const stranger = await record({ epoch: 12_345 })
      const dead = { ...stranger, expiresAt: stranger.createdAt }
      await expectOutcome(store.insert(dead, ROOMY), 'superseded', 'the insert of an expired session')
      const { epoch, now } = await other.epoch(stranger.subject)
      expectSame(epoch, now, 'the epoch of its subject')
      const living = await stored()
      const late = await record({ subject: living.subject, epoch: living.epoch - 1 })
      const { outcome, evicted } = await store.insert(late, cap(1, 'evict'))
      expectSame([outcome, evicted], ['superseded', []], 'the insert under another epoch')
      expectSame((await other.find(living.id)).record, living, 'the session that was there')
      expect(!(await isAlive(other, late.id)), 'the refused session exists')
    },
  ),
  clause(
    'a full subject denies one more session',
    `Of ${PARALLEL} parallel inserts under a cap of 3 that denies, exactly 3 are inserted.`,
    async (bench) => {
      const { insertions, living } = await race(bench, 'deny')
      const inserted = insertions.filter(({ outcome }) => outcome === 'inserted').map(({ id }) => id)
      expectSame(inserted.sort(), living.sort(), 'the inserted sessions')
      const refused = insertions.filter(({ outcome }) => outcome === 'full')
      expectSame(refused.length, PARALLEL - 3, 'the number of refusals')
      expectSame(
        insertions.flatMap(({ evicted }) => evicted),
        [],
        'the evicted sessions',
      )
    },
  ),
  clause(
    'a full subject evicts for one more session',
    `Of ${PARALLEL} parallel inserts under a cap of 3 that evicts, all are inserted and exactly 3 live on.`,
    async (bench) => {
      const { insertions, living } = await race(bench, 'evict')
      expectSame([...new Set(insertions.map(({ outcome }) => outcome))], ['inserted'], 'the outcomes')
      const dead = insertions.map(({ id }) => id).filter((id) => !living.includes(id))
      const evicted = insertions.flatMap((insertion) => insertion.evicted.map(({ sessionId }) => sessionId))
      expectSame(evicted.sort(), dead.sort(), 'the sessions that were reported as evicted, each once')
    },
  ),
  clause(
    'idle sessions are evicted first, then those refreshed least recently',
    'As many sessions are evicted as needed: idle ones first, then those that were refreshed least recently.',
    async ({ store, stored, record }) => {
      const subject = anySubject()
      const { createdAt: now } = await record()
      const at = (refreshed: number, created: number) => ({
        subject,
        rotatedAt: now - refreshed,
        createdAt: now - created,
      })
      const oldest = await stored(at(30_000, 10_000))
      const middle = await stored(at(20_000, 30_000))
      const newest = await stored(at(10_000, 20_000))
      const idle = await stored({ ...at(5000, 5000), idleExpiresAt: now - 1 })
      const first = await store.insert(await record({ subject }), cap(4, 'evict'))
      expectSame(
        first.evicted.map(({ sessionId }) => sessionId),
        [idle.id],
        'the first to be evicted',
      )
      const second = await store.insert(await record({ subject }), cap(4, 'evict'))
      expectSame(
        second.evicted.map(({ sessionId }) => sessionId),
        [oldest.id],
        'the second',
      )
      const last = await record({ subject })
      const third = await store.insert(last, cap(2, 'evict'))
      expectSame(third.evicted.length, 3, 'the number evicted for a smaller cap')
      expect(!(await isAlive(store, middle.id)), 'a session refreshed earlier outlived a later one')
      expect(!(await isAlive(store, newest.id)), 'a session refreshed earlier outlived a later one')
      expect(await isAlive(store, last.id), 'the new session was evicted itself')
    },
  ),
  clause(
    'an evicted session is revoked',
    'An evicted session is gone for every client, its tokens with it, and its mark is returned.',
    async ({ store, other, stored, record }) => {
      const victim = await stored()
      const login = await record({ subject: victim.subject })
      const { evicted } = await store.insert(login, { ...cap(1, 'evict'), markFor: 60_000 })
      const [mark, ...more] = evicted
      expectSame(
        [mark?.kind, mark?.sessionId, mark?.subject, more.length],
        ['session', victim.id, victim.subject, 0],
        'the returned mark',
      )
      const lastsFor = mark?.lastsFor ?? 0
      expect(lastsFor > 0 && lastsFor <= 60_000, `the mark of an evicted session lasts for ${lastsFor} ms`)
      expect(!(await isAlive(other, victim.id)), 'the evicted session lives')
      expect(await other.isRevoked(query(victim)), 'a token of the evicted session is accepted')
      expect(!(await other.replace({ ...victim, version: 2 }, 1)), 'replace accepted an evicted session')
      expect(!(await other.isRevoked(query(login))), 'a token of the new session is refused')
    },
  ),
  fed(
    'the feed reports evicted sessions',
    'Once an insert has resolved, every client finds the evicted sessions in the feed.',
    async ({ store, other, stored, record }) => {
      const { id, subject } = await stored()
      const { cursor } = await other.marks()
      await store.insert(await record({ subject }), cap(1, 'evict'))
      expectSame(await since(other, cursor), [id], 'the feed')
    },
  ),
  clause(
    'idle sessions do not use up the cap',
    'A subject whose sessions are idle can log in, whatever the cap does when it is full.',
    async ({ store, stored, record }) => {
      const { subject, createdAt, id } = await stored()
      await stored({ subject, idleExpiresAt: createdAt - 1 })
      const login = await record({ subject })
      await expectOutcome(store.insert(login, cap(2, 'deny')), 'inserted', 'a login beside an idle session')
      expect((await isAlive(store, id)) && (await isAlive(store, login.id)), 'a live session was evicted')
      const refused = store.insert(await record({ subject }), cap(2, 'deny'))
      await expectOutcome(refused, 'full', 'a login beside two live sessions')
    },
  ),
  clause(
    'the cap counts live sessions of one subject',
    'Sessions of other subjects, and those that were revoked, do not count.',
    async ({ store, stored, record }) => {
      const { subject } = await stored()
      await stored()
      await store.revoke({ kind: 'subject', subject }, LIFE)
      const two = [await stored({ subject }), await stored({ subject })]
      await store.revoke(target.session(two[0] as (typeof two)[number]), LIFE)
      const insert = async () => store.insert(await record({ subject }), cap(2, 'deny'))
      await expectOutcome(insert(), 'inserted', 'the second live session')
      await expectOutcome(insert(), 'full', 'the third')
    },
  ),
]
