/** Clauses about the revocation feed. */

import type { FeedMark, RevocationTarget } from '@auth/core'
import { expect, expectSame } from '../expectations.js'
import { aboutOf, LIFE, since, target, together } from './bench.js'
import { fed, type StoreClause } from './clause.js'

const WRITERS = 20
const REPETITIONS = 200

/** What a mark says, without the time it lasts. */
const wordsOf = ({ lastsFor: _time, ...words }: FeedMark) => words

/** Every revocation is reported to every process, in order. */
export const feedClauses: readonly StoreClause[] = [
  fed(
    'the feed reports every revocation',
    'Marks of all kinds are reported in order, complete, to every client.',
    async ({ store, other, stored }) => {
      const one = await stored()
      const two = await stored()
      const { cursor } = await other.marks()
      const asked = [target.token(one), target.session(one), target.subject(two, two.id)]
      for (const each of asked) await store.revoke(each, LIFE)
      const { epoch } = await store.epoch(two.subject)
      const wanted = [asked[0], { ...asked[1], subject: one.subject }, { ...asked[2], epoch }]
      expectSame((await other.marks(cursor)).marks.map(wordsOf), wanted, 'the feed')
    },
  ),
  fed(
    'the feed goes on after its cursor',
    'A cursor is answered with what came after it, and with nothing twice.',
    async ({ store, other, stored }) => {
      const records = [await stored(), await stored()]
      let { cursor } = await other.marks()
      for (const record of records) {
        await store.revoke(target.session(record), LIFE)
        const page = await other.marks(cursor)
        expectSame(page.marks.map(aboutOf), [record.id], 'the news')
        cursor = page.cursor
      }
      expectSame((await other.marks(cursor)).marks, [], 'the news after all was read')
    },
  ),
  fed(
    'the feed starts over after an unknown cursor',
    'Without a cursor, or with one that it did not issue, everything retained is reported.',
    async ({ store, stored }) => {
      const record = await stored()
      await store.revoke(target.session(record), LIFE)
      for (const cursor of [undefined, '9007199254740991', '99999999999999-0', 'no cursor', '']) {
        const all = await since(store, cursor)
        expect(all.includes(record.id), `a retained mark is missing after the cursor ${cursor}`)
      }
    },
  ),
  fed(
    'the feed has no gaps',
    `Of ${WRITERS} parallel revocations each is reported to a reader that polls meanwhile.`,
    async ({ store, other, stored }) => {
      const ids: string[] = []
      for (let at = 0; at < WRITERS; at += 1) ids.push((await stored()).id)
      let { cursor } = await other.marks()
      const seen: string[] = []
      const writes = together({ store, other }, WRITERS, (client, at) =>
        client.revoke({ kind: 'session', sessionId: `${ids[at]}` }, LIFE),
      )
      for (let poll = 0; poll < WRITERS; poll += 1) {
        const page = await store.marks(cursor)
        seen.push(...page.marks.map(aboutOf))
        cursor = page.cursor
      }
      await writes
      seen.push(...(await since(store, cursor)))
      expectSame(seen.sort(), ids.sort(), 'the sessions that were reported')
    },
  ),
  fed(
    'the feed reports sessions without a row',
    'A session without a row is reported too: its access tokens may live.',
    async ({ store, other, record }) => {
      const { cursor } = await other.marks()
      const unknown = await record()
      const { changed } = await store.revoke(target.session(unknown), LIFE)
      expect(!changed, 'the revocation of an unknown session reports a change')
      expectSame(await since(other, cursor), [unknown.id], 'the feed')
    },
  ),
  fed(
    'the feed comes with the rows',
    'Once a revocation has resolved, every client finds it in the feed.',
    async ({ store, other, stored }) => {
      for (let round = 0; round < 5; round += 1) {
        const record = await stored()
        const { cursor } = await other.marks()
        await store.revoke(target.session(record), LIFE)
        expectSame(await since(other, cursor), [record.id], 'the feed right after the revocation')
      }
    },
  ),
  fed(
    'the feed keeps the newest entry of each target',
    `${REPETITIONS} revocations of one target leave one entry, for every cursor from before the last.`,
    async ({ store, other, stored }) => {
      const record = await stored()
      const targets: RevocationTarget[] = [
        target.token(record),
        target.session(record),
        target.subject(record),
      ]
      const before = (await other.marks()).cursor
      for (const asked of targets) {
        const { cursor } = await other.marks()
        await together({ store, other }, REPETITIONS - 1, (client) => client.revoke(asked, LIFE))
        const read = await other.marks(cursor)
        expectSame(read.marks.length, 1, `the entries after many revocations of a ${asked.kind}`)
        const { mark } = await store.revoke(asked, LIFE)
        const news = asked.kind === 'subject' ? [mark && wordsOf(mark)] : []
        expectSame((await other.marks(read.cursor)).marks.map(wordsOf), news, 'the news of one more')
        expectSame((await since(other, cursor)).length, 1, 'the entries for the older cursor')
      }
      const kinds = (await other.marks(before)).marks.map(({ kind }) => kind)
      expectSame(kinds, ['token', 'session', 'subject'], 'the entries for the first cursor')
    },
  ),
  fed(
    'a session of another subject is not reported',
    'A revocation that names another subject than the owner of the session leaves the feed as it was.',
    async ({ store, other, stored }) => {
      const { id: sessionId } = await stored()
      const { subject } = await stored()
      const { cursor } = await other.marks()
      await store.revoke({ kind: 'session', sessionId, subject }, LIFE)
      expectSame(await since(other, cursor), [], 'the feed')
    },
  ),
]
