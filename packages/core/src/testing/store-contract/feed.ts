/** Clauses about the revocation feed. */

import type { FeedMark, TokenStore } from '../../store/token-store.js'
import { expect, expectSame, fed, feedOf, marks, type StoreClause } from './clause.js'

const WRITERS = 20

const idOf = (mark: FeedMark): string =>
  mark.kind === 'subject'
    ? mark.subject
    : mark.kind === 'session'
      ? mark.sessionId
      : `${mark.sessionId} ${mark.tokenId}`

const since = async (store: TokenStore, cursor: string): Promise<string[]> =>
  (await feedOf(store)(cursor)).marks.map(idOf)

/** Every revocation is reported to everybody, in order. */
export const feedClauses: readonly StoreClause[] = [
  fed(
    'the feed tells all',
    'Marks of all kinds are reported in order, complete, to every client.',
    async ({ store, other, stored }) => {
      const one = await stored()
      const two = await stored()
      const { cursor } = await feedOf(other)()
      const given = [marks.token(one), marks.session(one), marks.subject(two, two.id)]
      for (const mark of given) await store.revoke(mark)
      const { epoch } = await store.epoch(two.subject)
      expectSame(
        (await feedOf(other)(cursor)).marks,
        [given[0], given[1], { ...given[2], epoch }],
        'the feed',
      )
    },
  ),
  fed(
    'the feed goes on',
    'A cursor is answered with what came after it, and with nothing twice.',
    async ({ store, other, stored }) => {
      const records = [await stored(), await stored()]
      let { cursor } = await feedOf(other)()
      for (const record of records) {
        await store.revoke(marks.session(record))
        const page = await feedOf(other)(cursor)
        expectSame(page.marks.map(idOf), [record.id], 'the news')
        cursor = page.cursor
      }
      expectSame((await feedOf(other)(cursor)).marks, [], 'the news after all was read')
    },
  ),
  fed(
    'the feed starts over',
    'Without a cursor, or with a foreign one, everything retained is reported.',
    async ({ store, stored }) => {
      const record = await stored()
      await store.revoke(marks.session(record))
      for (const cursor of [undefined, '9007199254740991', '99999999999999-0', 'no cursor']) {
        const { marks: all } = await feedOf(store)(cursor)
        expect(all.map(idOf).includes(record.id), `a retained mark is missing after the cursor ${cursor}`)
      }
    },
  ),
  fed(
    'the feed has no gaps',
    `Of ${WRITERS} parallel revocations each is reported to a reader that polls meanwhile.`,
    async ({ store, other, stored }) => {
      const records = []
      for (let at = 0; at < WRITERS; at += 1) records.push(await stored())
      let { cursor } = await feedOf(other)()
      const seen: string[] = []
      const writes = Promise.all(
        records.map((record, at) => (at % 2 ? store : other).revoke(marks.session(record))),
      )
      for (let poll = 0; poll < WRITERS; poll += 1) {
        const page = await feedOf(store)(cursor)
        seen.push(...page.marks.map(idOf))
        cursor = page.cursor
      }
      await writes
      seen.push(...(await since(store, cursor)))
      expectSame(seen.sort(), records.map(({ id }) => id).sort(), 'the sessions that were reported')
    },
  ),
  fed(
    'the feed knows more than the rows',
    'A session without a row is reported too: its access tokens may live.',
    async ({ store, other, record }) => {
      const { cursor } = await feedOf(other)()
      const unknown = await record()
      expect(
        !(await store.revoke(marks.session(unknown))),
        'the revocation of an unknown session reports a change',
      )
      expectSame(await since(other, cursor), [unknown.id], 'the feed')
    },
  ),
  fed(
    'the feed comes with the rows',
    'Once a revocation has resolved, every client finds it in the feed.',
    async ({ store, other, stored }) => {
      for (let round = 0; round < 5; round += 1) {
        const record = await stored()
        const { cursor } = await feedOf(other)()
        await store.revoke(marks.session(record))
        expectSame(await since(other, cursor), [record.id], 'the feed right after the revocation')
      }
    },
  ),
]
