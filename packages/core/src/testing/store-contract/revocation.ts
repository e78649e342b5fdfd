/** Clauses about revocation: tokens, sessions, epochs. */

import { anySubject, clause, expect, expectSame, marks, query, rotated, type StoreClause } from './clause.js'

const ROUNDS = 20

/** What is revoked stays revoked, and nothing else is. */
export const revocationClauses: readonly StoreClause[] = [
  clause('the living live', 'A live session is not revoked.', async ({ other, stored }) => {
    expect(!(await other.isRevoked(query(await stored()))), 'a live session counts as revoked')
  }),
  clause(
    'the missing are dead',
    'Where the row of the session is gone, its tokens are revoked.',
    async ({ store, record }) => {
      expect(await store.isRevoked(query(await record())), 'the token of an unknown session is accepted')
    },
  ),
  clause(
    'a session dies',
    'A revoked session is gone for every client, and its tokens with it.',
    async ({ store, other, stored }) => {
      const record = await stored()
      expect(await store.revoke(marks.session(record)), 'revoke did not report a change')
      expectSame((await other.find(record.id)).record, null, 'the revoked session')
      expect(await other.isRevoked(query(record)), 'a token of the revoked session is accepted')
    },
  ),
  clause('a session dies alone', 'Other sessions of the subject live on.', async ({ store, stored }) => {
    const victim = await stored()
    const sibling = await stored({ subject: victim.subject })
    await store.revoke(marks.session(victim))
    expect((await store.find(sibling.id)).record !== null, 'a sibling session is gone')
    expect(!(await store.isRevoked(query(sibling))), 'a token of a sibling session is refused')
  }),
  clause(
    'a session dies once',
    'Of many parallel revocations exactly one reports the change.',
    async ({ store, other, stored }) => {
      const record = await stored()
      const calls = Array.from({ length: ROUNDS }, (_, at) =>
        (at % 2 ? store : other).revoke(marks.session(record)),
      )
      expectSame((await Promise.all(calls)).filter(Boolean).length, 1, 'the number of reported changes')
      expect(!(await store.revoke(marks.session(record))), 'a repeated revocation reports a change')
    },
  ),
  clause('the dead stay dead', 'No replace brings a revoked session back.', async ({ store, stored }) => {
    const record = await stored()
    await store.revoke(marks.session(record))
    expect(!(await store.replace(rotated(record), record.version)), 'replace accepted a revoked session')
    expectSame((await store.find(record.id)).record, null, 'the revoked session')
  }),
  clause(
    'revoke beats replace',
    'Racing against replace, revoke wins, whichever comes first.',
    async ({ store, other, stored }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const record = await stored()
        const replace = () => other.replace(rotated(record), record.version)
        const revoke = () => store.revoke(marks.session(record))
        await Promise.all(round % 2 ? [replace(), revoke()] : [revoke(), replace()])
        expectSame((await other.find(record.id)).record, null, 'the session after the race')
        expect(await store.isRevoked(query(record)), 'a token is accepted after the race')
      }
    },
  ),
  clause(
    'a token dies alone',
    'A revoked token leaves its session and its siblings alone.',
    async ({ store, other, stored }) => {
      const record = await stored()
      expect(await store.revoke(marks.token(record, 'one')), 'revoke did not report a change')
      expect(await other.isRevoked(query(record, 'one')), 'the revoked token is accepted')
      expect(!(await other.isRevoked(query(record, 'two'))), 'another token is refused')
      expect((await other.find(record.id)).record !== null, 'the session is gone')
      expect(!(await store.revoke(marks.token(record, 'one'))), 'a repeated revocation reports a change')
    },
  ),
  clause(
    'epochs begin now',
    'The epoch of an unknown subject is the clock, and from then on the same for all.',
    async ({ store, other, record }) => {
      const subject = anySubject()
      const { epoch, now } = await store.epoch(subject)
      expectSame(epoch, now, 'the epoch of an unknown subject')
      expectSame((await other.epoch(subject)).epoch, epoch, 'the epoch when asked again')
      for (const wrong of [epoch - 1, epoch + 1]) {
        expect(
          !(await other.insert(await record({ subject, epoch: wrong }))),
          'a login under another epoch was accepted',
        )
      }
      for (const client of [store, other]) {
        expect(await client.insert(await record({ subject, epoch })), 'a login under the epoch was refused')
      }
    },
  ),
  clause(
    'epochs only rise',
    'Each revocation of a subject raises the epoch, also in one millisecond.',
    async ({ store, other, stored }) => {
      const { subject, epoch } = await stored()
      const ahead = await stored({ epoch: epoch + 1_000_000 })
      for (const [of, before] of [
        [subject, epoch],
        [ahead.subject, ahead.epoch],
      ] as const) {
        let last = before
        for (let round = 0; round < 3; round += 1) {
          expect(
            await store.revoke({ ...marks.subject(ahead), subject: of }),
            'revoke did not report a change',
          )
          const { epoch: next, now } = await other.epoch(of)
          expect(next > last && next >= now - 60_000, `the epoch went from ${last} to ${next}`)
          last = next
        }
      }
    },
  ),
  clause(
    'everyone out',
    'A revoked subject has no session left, and no token of them is accepted.',
    async ({ store, other, stored }) => {
      const one = await stored()
      const two = await stored({ subject: one.subject })
      const bystander = await stored()
      await store.revoke(marks.subject(one))
      for (const record of [one, two]) {
        const found = await other.find(record.id)
        expect(found.record === null || found.record.epoch < found.epoch, 'a session outlived its subject')
        expect(await other.isRevoked(query(record)), 'a token outlived its subject')
        expect(!(await other.replace(rotated(record), record.version)), 'replace accepted an older epoch')
      }
      expectSame(await other.list(one.subject), [], 'the sessions of the subject')
      expect(!(await other.isRevoked(query(bystander))), 'another subject was revoked')
    },
  ),
  clause(
    'logins after it live',
    'A login that read the new epoch lives; one that read the old is refused.',
    async ({ store, record, stored }) => {
      const { subject } = await stored()
      const late = await record({ subject })
      await store.revoke(marks.subject(late))
      expect(!(await store.insert(late)), 'a login from before the revocation was accepted')
      const next = await stored({ subject })
      expect(!(await store.isRevoked(query(next))), 'a login from after the revocation is dead')
    },
  ),
  clause(
    'strangers have epochs',
    'Revoking a subject without any session still refuses logins under way.',
    async ({ store, record }) => {
      const late = await record()
      await store.revoke(marks.subject(late))
      expect(!(await store.insert(late)), 'a login from before the revocation was accepted')
      expect(await store.insert(await record({ subject: late.subject })), 'a login from after it was refused')
    },
  ),
  clause(
    'all but this one',
    'The session to keep moves to the new epoch, its older tokens die.',
    async ({ store, other, stored }) => {
      const kept = await stored()
      const lost = await stored({ subject: kept.subject })
      await store.revoke(marks.subject(kept, kept.id))
      const { record, epoch } = await other.find(kept.id)
      expectSame(
        [record?.epoch, record?.version],
        [epoch, kept.version + 1],
        'epoch and version of the kept session',
      )
      expect(
        record !== null && !(await other.isRevoked(query(record))),
        'a new token of the kept session is refused',
      )
      expect(await other.isRevoked(query(kept)), 'an old token of the kept session is accepted')
      expect(await other.isRevoked(query(lost)), 'the other session lives')
      expect(
        !(await other.replace(rotated(kept), kept.version)),
        'the version of the kept session did not rise',
      )
      expectSame(
        (await other.list(kept.subject)).map(({ id }) => id),
        [kept.id],
        'the sessions that are left',
      )
    },
  ),
  clause(
    'strangers are not kept',
    "Nobody else's session, and no dead one, can be the one to keep.",
    async ({ store, stored }) => {
      const victim = await stored()
      const stranger = await stored()
      await store.revoke(marks.subject(victim, stranger.id))
      expectSame((await store.find(stranger.id)).record, stranger, 'the session of a stranger')
      await store.revoke(marks.subject(victim, victim.id))
      expect(await store.isRevoked(query(victim)), 'a dead session was brought back')
      expectSame(await store.list(victim.subject), [], 'the sessions of the subject')
    },
  ),
]
