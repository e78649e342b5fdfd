/** Clauses about what a store must be able to hold: any identifier, large data, fields of other releases. */

import { type SessionRecord, STORE_LIMITS } from '@auth/core'
import { expectSame } from '../expectations.js'
import { anyName, anySubject, idsOf, LIFE, query, rotated, target } from './bench.js'
import { clause, type StoreClause } from './clause.js'

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
]

/** Two identifiers of the greatest length, three bytes a character in UTF-8, that differ at the end only. */
const twins = (start: string): [string, string] => {
  const shared = start.padEnd(STORE_LIMITS.identifier - 1, '€')
  return [`${shared}1`, `${shared}2`]
}

/** Fields that no release knows, beside and inside of those that it knows. */
const LATER = {
  sealedBy: 'v2',
  scopes: [{ name: 'a', none: [], empty: {} }, null, 0.1, Number.MAX_SAFE_INTEGER],
  data: { tenant: 'a', none: [], empty: {}, exact: Number.MAX_SAFE_INTEGER },
}

/** What comes back as it was given. */
export const valueClauses: readonly StoreClause[] = [
  clause(
    'identifiers are opaque strings',
    'Whatever string a subject or an id is, it is kept apart from every other.',
    async ({ store, stored }) => {
      const suffix = anySubject()
      const subjects = [
        ...HOSTILE.map((hostile) => `${hostile}${suffix}`),
        suffix,
        suffix.toUpperCase(),
        `${suffix} `,
      ]
      const records: SessionRecord[] = []
      for (const subject of subjects) records.push(await stored({ subject }))
      for (const record of records) {
        expectSame(
          await idsOf(store, record.subject),
          [record.id],
          `the sessions of ${JSON.stringify(record.subject)}`,
        )
      }
      for (const sessionId of HOSTILE) {
        expectSame((await store.find(sessionId)).record, null, 'a hostile session id')
        const { changed } = await store.revoke({ kind: 'session', sessionId }, LIFE)
        expectSame(changed, false, 'whether its revocation changed something')
      }
      expectSame((await store.list(suffix)).length, 1, 'the sessions of a bystander')
    },
  ),
  clause(
    'identifiers of the full length are told apart',
    `Two identifiers of ${STORE_LIMITS.identifier} characters that differ in the last one are two.`,
    async ({ store, record, stored }) => {
      const [subject, neighbour] = twins(anySubject())
      const [id, next] = twins((await record({ subject })).id)
      const [tokenId, unharmed] = twins(anyName())
      const one = await stored({ subject, id })
      const two = await stored({ subject, id: next, createdAt: one.createdAt - 1 })
      const three = await stored({ subject: neighbour })
      expectSame(await idsOf(store, subject), [id, next], 'the sessions of one subject')
      expectSame(await idsOf(store, neighbour), [three.id], 'the sessions of the other')
      expectSame((await store.find(next)).record, two, 'the second session')
      await store.revoke(target.token(one, tokenId), LIFE)
      const verdicts = [tokenId, unharmed].map((token) => store.isRevoked(query(one, token)))
      expectSame(await Promise.all(verdicts), [true, false], 'whether the tokens are revoked')
      await store.revoke(target.session(one), LIFE)
      expectSame(await idsOf(store, subject), [next], 'the sessions after one was revoked')
    },
  ),
  clause(
    'data of the full size comes back',
    `A record with ${STORE_LIMITS.data} characters of data is stored whole.`,
    async ({ stored, other }) => {
      const room = STORE_LIMITS.data - JSON.stringify({ text: '' }).length
      const record = await stored({ data: { text: 'é'.repeat(room) } })
      expectSame((await other.find(record.id)).record, record, 'the found record')
    },
  ),
  clause(
    'fields of other releases come back',
    'Fields of a record that a store does not know survive insert, replace, list and the move to a new epoch.',
    async ({ store, other, stored }) => {
      const record = await stored(LATER)
      expectSame((await other.find(record.id)).record, record, 'the inserted record')
      const next = { ...rotated(record), laterStill: { a: 1 } }
      await store.replace(next, record.version)
      expectSame((await other.find(record.id)).record, next, 'the replaced record')
      await store.revoke(target.subject(record, record.id), LIFE)
      const { record: moved, epoch } = await other.find(record.id)
      expectSame(moved, { ...next, epoch, version: next.version + 1 }, 'the record that was kept')
      expectSame(await other.list(record.subject), [moved], 'the listed records')
    },
  ),
  clause(
    'list shows records of other releases beside its own',
    'A record with fields of a later release hides no other session from the list.',
    async ({ store, stored }) => {
      const plain = await stored({ createdAt: 1000 })
      const later = await stored({ ...LATER, subject: plain.subject, createdAt: 2000 })
      const last = await stored({ subject: plain.subject, createdAt: 3000 })
      expectSame(await store.list(plain.subject), [last, later, plain], 'the listed records')
    },
  ),
]
