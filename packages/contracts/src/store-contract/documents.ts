/** Clauses about documents: named texts, written by compare-and-set. */

import { STORE_LIMITS } from '@auth/core'
import { expect, expectSame } from '../expectations.js'
import { anyName, HOUR, together } from './bench.js'
import { needing, type StoreClause } from './clause.js'

const PARALLEL = 50
const documented = needing('documents')

/** Documents of any name. */
export const documentClauses: readonly StoreClause[] = [
  documented(
    'an unknown document has version 0',
    'A document that was never written is null in version 0, read with the clock of the store.',
    async ({ store, record }) => {
      const { text, version, now } = await store.document(anyName())
      expectSame([text, version], [null, 0], 'text and version')
      const { createdAt } = await record()
      expect(Math.abs(now - createdAt) < 60_000, 'now is not the clock of the store')
    },
  ),
  documented(
    'a document is written in the next version',
    'Each write raises the version by one, and every client reads the text as it was given.',
    async ({ store, other }) => {
      const [name, neighbour] = [anyName(), anyName()]
      const largest = '"€{}\\'.repeat(STORE_LIMITS.document).slice(0, STORE_LIMITS.document)
      for (const [at, given] of ['one', '', largest].entries()) {
        expect(await store.putDocument(name, given, at), `version ${at} was not replaced`)
        const { text, version } = await other.document(name)
        expect(text === given && version === at + 1, `version ${at + 1} is not what was written`)
      }
      expectSame((await other.document(neighbour)).version, 0, 'the version of another document')
    },
  ),
  documented(
    'a document refuses a stale version',
    'A write that expects another version changes nothing.',
    async ({ store, other }) => {
      const name = anyName()
      expect(!(await store.putDocument(name, 'early', 1)), 'a document that does not exist was replaced')
      await store.putDocument(name, 'first', 0)
      for (const version of [0, 2]) {
        expect(!(await other.putDocument(name, 'wrong', version)), `version ${version} was replaced`)
      }
      const { text, version } = await store.document(name)
      expectSame([text, version], ['first', 1], 'text and version')
    },
  ),
  documented(
    'a document has one writer for each version',
    `Of ${PARALLEL} parallel writes that expect one version exactly one succeeds.`,
    async (bench) => {
      const name = anyName()
      for (const expected of [0, 1]) {
        const won = await together(bench, PARALLEL, (client, at) =>
          client.putDocument(name, `writer ${at}`, expected),
        )
        expectSame(won.filter(Boolean).length, 1, 'the number of writers that succeeded')
        const { text, version } = await bench.store.document(name)
        expectSame([text, version], [`writer ${won.indexOf(true)}`, expected + 1], 'text and version')
      }
    },
  ),
  needing('documents', 'feed')(
    'the feed reports each document that was written',
    'Once a write has resolved, every client finds the newest version in the feed; a refused write leaves none.',
    async ({ store, other }) => {
      const name = anyName()
      const { cursor } = await other.marks()
      for (const expected of [0, 1]) {
        await store.putDocument(name, `text ${expected}`, expected)
        await store.putDocument(name, 'refused', expected)
        const { marks } = await other.marks(cursor)
        const seen = marks.map((mark) => mark.kind === 'document' && [mark.name, mark.version])
        expectSame(seen, [[name, expected + 1]], 'the feed')
        expect(
          marks.every(({ lastsFor }) => lastsFor > 0),
          'the mark of a document has ended',
        )
      }
    },
  ),
  needing('documents', 'clock')(
    'a document does not end',
    'A document is kept for ever, in its version.',
    async ({ store, advance }) => {
      const name = anyName()
      await store.putDocument(name, 'text', 0)
      await advance(3 * 366 * 24 * HOUR)
      const { text, version } = await store.document(name)
      expectSame([text, version], ['text', 1], 'text and version years later')
    },
  ),
]
