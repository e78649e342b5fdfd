/** Clauses about the revocation of sessions and tokens, and about what a revocation answers. */

import { expect, expectSame } from '../expectations.js'
import { idsOf, isAlive, LIFE, query, rotated, target, together } from './bench.js'
import { clause, type StoreClause } from './clause.js'

const ROUNDS = 20

/** What is revoked stays revoked, and nothing else is. */
export const revocationClauses: readonly StoreClause[] = [
  clause('a live session is not revoked', 'A live session is not revoked.', async ({ other, stored }) => {
    expect(!(await other.isRevoked(query(await stored()))), 'a live session counts as revoked')
  }),
  clause(
    'a missing session is revoked',
    'Where the row of the session is gone, its tokens are revoked.',
    async ({ store, record }) => {
      expect(await store.isRevoked(query(await record())), 'the token of an unknown session is accepted')
    },
  ),
  clause(
    'a revoked session is gone',
    'A revoked session is gone for every client, and its tokens with it.',
    async ({ store, other, stored }) => {
      const record = await stored()
      expect((await store.revoke(target.session(record), LIFE)).changed, 'revoke did not report a change')
      expectSame((await other.find(record.id)).record, null, 'the revoked session')
      expect(await other.isRevoked(query(record)), 'a token of the revoked session is accepted')
    },
  ),
  clause(
    'revoking a session spares the others',
    'Other sessions of the subject live on.',
    async ({ store, stored }) => {
      const victim = await stored()
      const sibling = await stored({ subject: victim.subject })
      await store.revoke(target.session(victim), LIFE)
      expect((await store.find(sibling.id)).record !== null, 'a sibling session is gone')
      expect(!(await store.isRevoked(query(sibling))), 'a token of a sibling session is refused')
    },
  ),
  clause(
    'one revocation of a session reports the change',
    'Of many parallel revocations exactly one reports the change.',
    async ({ store, other, stored }) => {
      const record = await stored()
      const answers = await together({ store, other }, ROUNDS, (client) =>
        client.revoke(target.session(record), LIFE),
      )
      expectSame(answers.filter(({ changed }) => changed).length, 1, 'the number of reported changes')
      const { changed } = await store.revoke(target.session(record), LIFE)
      expect(!changed, 'a repeated revocation reports a change')
    },
  ),
  clause(
    'a revoked session stays revoked',
    'No replace brings a revoked session back.',
    async ({ store, stored }) => {
      const record = await stored()
      await store.revoke(target.session(record), LIFE)
      expect(!(await store.replace(rotated(record), record.version)), 'replace accepted a revoked session')
      expectSame((await store.find(record.id)).record, null, 'the revoked session')
    },
  ),
  clause(
    'revoke wins against replace',
    'Racing against replace, revoke wins, whichever comes first.',
    async ({ store, other, stored }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const record = await stored()
        const replace = () => other.replace(rotated(record), record.version)
        const revoke = () => store.revoke(target.session(record), LIFE)
        await Promise.all(round % 2 === 0 ? [revoke(), replace()] : [replace(), revoke()])
        expectSame((await other.find(record.id)).record, null, 'the session after the race')
        expect(await store.isRevoked(query(record)), 'a token is accepted after the race')
      }
    },
  ),
  clause(
    'revoking a token spares its session',
    'A revoked token leaves its session and its siblings alone.',
    async ({ store, other, stored }) => {
      const record = await stored()
      const revoke = async () => (await store.revoke(target.token(record, 'one'), LIFE)).changed
      expect(await revoke(), 'revoke did not report a change')
      expect(await other.isRevoked(query(record, 'one')), 'the revoked token is accepted')
      expect(!(await other.isRevoked(query(record, 'two'))), 'another token is refused')
      expect((await other.find(record.id)).record !== null, 'the session is gone')
      expect(!(await revoke()), 'a repeated revocation reports a change')
    },
  ),
  clause(
    'revoke returns the mark in force',
    'Every revocation returns the mark of its target, with what is left of its time, also where nothing changed.',
    async ({ store, other, stored, record }) => {
      const session = await stored()
      const targets = [target.token(session), target.session(session), target.session(await record())]
      for (const asked of [...targets, target.subject(session, 'kept')]) {
        for (const client of [store, other, store]) {
          const { mark } = await client.revoke(asked, { markFor: 60_000 })
          expectSame({ ...mark, ...asked }, mark, 'the mark')
          const lastsFor = mark?.lastsFor ?? 0
          expect(lastsFor > 0 && lastsFor <= 60_000, `a mark for 60000 ms lasts for ${lastsFor} ms`)
        }
      }
    },
  ),
  clause(
    'a mark says whose session died',
    'The mark of a session with a row names its subject, also when the session is revoked again.',
    async ({ store, other, stored }) => {
      const { id, subject } = await stored()
      for (const client of [store, other]) {
        const { mark } = await client.revoke({ kind: 'session', sessionId: id }, LIFE)
        expectSame(mark?.kind === 'session' && mark.subject, subject, 'the subject of the mark')
      }
    },
  ),
  clause(
    'two processes that revoke one target both refuse at once',
    'Of two parallel revocations of one target each returns a mark, and each process then refuses.',
    async (bench) => {
      for (const kind of ['token', 'session', 'subject'] as const) {
        const record = await bench.stored()
        await together(bench, 2, async (client) => {
          const { mark } = await client.revoke(target[kind](record), LIFE)
          expectSame(mark?.kind, kind, 'the kind of the returned mark')
          expect(
            await client.isRevoked(query(record)),
            `a token is accepted after the revocation of its ${kind}`,
          )
        })
      }
    },
  ),
  clause(
    'a session of another subject is not revoked',
    'Where the named subject does not own the session, nothing is revoked, and the mark is null.',
    async ({ store, other, stored }) => {
      const owned = await stored()
      const stranger = await stored()
      const asked = { kind: 'session', sessionId: owned.id, subject: stranger.subject } as const
      const { mark, changed } = await store.revoke(asked, { ...LIFE, tombstoneFor: 60_000 })
      expectSame([mark, changed], [null, false], 'what the revocation answers')
      expectSame((await other.find(owned.id)).record, owned, 'the session')
      expect(!(await other.isRevoked(query(owned))), 'a token of the session is refused')
      const own = await store.revoke({ ...asked, subject: owned.subject }, LIFE)
      expectSame([own.changed, await isAlive(other, owned.id)], [true, false], 'a revocation by its owner')
      expectSame(await idsOf(other, stranger.subject), [stranger.id], 'the sessions of the other subject')
    },
  ),
]
