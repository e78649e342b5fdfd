/** Clauses about rows: insert, find, replace, list. */

import { anySubject, clause, expect, expectSame, marks, rotated, type StoreClause } from './clause.js'

const PARALLEL = 50
const HOSTILE = [
  '*',
  'a}{b',
  '{}',
  'a\r\nb',
  '__proto__',
  'constructor',
  "'; drop table sessions; --",
  ' ',
  '\u0000',
  'é'.repeat(100),
  'x'.repeat(10_240),
]

/** Sessions as rows. */
export const sessionClauses: readonly StoreClause[] = [
  clause(
    'insert creates',
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
    'insert copies',
    'What a caller does to an object that it gave or got does not reach the store.',
    async ({ store, record }) => {
      const data = { list: ['before'] }
      const given = await record({ data })
      await store.insert(given)
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
    async ({ store, stored }) => {
      const record = await stored()
      expect(!(await store.insert({ ...record, seed: 'other' })), 'insert accepted a taken id')
      expectSame((await store.find(record.id)).record, record, 'the record')
    },
  ),
  clause(
    'insert refuses the expired',
    'A session that has already ended is not created.',
    async ({ store, record }) => {
      const fresh = await record()
      const dead = { ...fresh, expiresAt: fresh.createdAt }
      expect(!(await store.insert(dead)), 'insert accepted an expired session')
      expect((await store.find(dead.id)).record === null, 'find returned an expired session')
    },
  ),
  clause(
    'find knows nobody',
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
    'replace swaps',
    'The row is replaced where the version is the expected one.',
    async ({ store, other, stored }) => {
      const record = await stored()
      const next = { ...rotated(record), idleExpiresAt: record.idleExpiresAt + 1000 }
      expect(await store.replace(next, record.version), 'replace refused the expected version')
      expectSame((await other.find(record.id)).record, next, 'the record')
    },
  ),
  clause('replace compares', 'A stale version changes nothing.', async ({ store, other, stored }) => {
    const record = await stored()
    const winner = rotated(record)
    await store.replace(winner, record.version)
    expect(
      !(await other.replace({ ...rotated(record), seed: 'loser' }, record.version)),
      'replace accepted a stale version',
    )
    expectSame((await store.find(record.id)).record, winner, 'the record')
  }),
  clause(
    'replace has one winner',
    `Of ${PARALLEL} parallel replaces of one version exactly one succeeds.`,
    async ({ store, other, stored }) => {
      const record = await stored()
      const racers = Array.from({ length: PARALLEL }, (_, racer) => ({
        ...rotated(record),
        seed: `racer ${racer}`,
      }))
      const won = await Promise.all(
        racers.map((racer, at) => (at % 2 ? store : other).replace(racer, record.version)),
      )
      expectSame(won.filter(Boolean).length, 1, 'the number of winners')
      expectSame((await store.find(record.id)).record, racers[won.indexOf(true)], 'the record')
    },
  ),
  clause(
    'replace creates nothing',
    'A session that does not exist cannot be replaced.',
    async ({ store, record }) => {
      const fresh = await record()
      expect(!(await store.replace(rotated(fresh), fresh.version)), 'replace accepted an unknown session')
      expect((await store.find(fresh.id)).record === null, 'replace created a session')
    },
  ),
  clause(
    'list is complete',
    'All live sessions of the subject and of nobody else, newest first.',
    async ({ store, stored }) => {
      const subject = anySubject()
      const first = await stored({ subject, createdAt: 1000 })
      const second = await stored({ subject, createdAt: 2000 })
      await stored()
      expectSame(
        (await store.list(subject)).map(({ id }) => id),
        [second.id, first.id],
        'the listed sessions',
      )
      expectSame(await store.list(anySubject()), [], 'the sessions of a stranger')
    },
  ),
  clause('list omits the dead', 'Revoked and idle sessions are not listed.', async ({ store, stored }) => {
    const subject = anySubject()
    const { id, createdAt } = await stored({ subject })
    const revoked = await stored({ subject })
    await stored({ subject, idleExpiresAt: createdAt - 1 })
    await store.revoke(marks.session(revoked))
    expectSame(
      (await store.list(subject)).map((session) => session.id),
      [id],
      'the listed sessions',
    )
  }),
  clause('list is capped', 'At most the 100 newest sessions are listed.', async ({ store, stored }) => {
    const subject = anySubject()
    for (let at = 0; at < 101; at += 1) await stored({ subject, createdAt: 1000 + at })
    const created = (await store.list(subject)).map(({ createdAt }) => createdAt)
    expectSame(
      [created.length, created[0], created.at(-1)],
      [100, 1100, 1001],
      'length, newest and oldest of the list',
    )
  }),
  clause(
    'ids are only ids',
    'Whatever text a subject or an id is, it is kept apart from every other.',
    async ({ store, stored }) => {
      const suffix = anySubject()
      const subjects = HOSTILE.map((text) => `${text}${suffix}`)
      const records = []
      for (const subject of [...subjects, suffix]) records.push(await stored({ subject }))
      for (const record of records) {
        expectSame(
          (await store.list(record.subject)).map(({ id }) => id),
          [record.id],
          'the sessions of a hostile subject',
        )
      }
      for (const text of HOSTILE) {
        expectSame((await store.find(text)).record, null, 'a hostile session id')
        expectSame(
          await store.revoke({ ...marks.session(records[0] as never), sessionId: text }),
          false,
          'its revocation',
        )
      }
      expectSame((await store.list(suffix)).length, 1, 'the sessions of a bystander')
    },
  ),
]
