/** Clauses about subjects: their epoch, and the revocation of all their sessions. */

import { expect, expectSame } from '../expectations.js'
import { anySubject, expectOutcome, idsOf, isAlive, LIFE, query, ROOMY, rotated, target } from './bench.js'
import { clause, type StoreClause } from './clause.js'

/** Epochs rise with each revocation of the subject, and sessions under an older one are dead. */
export const subjectRevocationClauses: readonly StoreClause[] = [
  clause(
    'the epoch of an unknown subject is the clock',
    'The epoch of an unknown subject is the clock, and from then on the same for all.',
    async ({ store, other, record }) => {
      const subject = anySubject()
      const { epoch, now } = await store.epoch(subject)
      expectSame(epoch, now, 'the epoch of an unknown subject')
      expectSame((await other.epoch(subject)).epoch, epoch, 'the epoch when asked again')
      for (const wrong of [epoch - 1, epoch + 1]) {
        const login = await record({ subject, epoch: wrong })
        await expectOutcome(other.insert(login, ROOMY), 'superseded', 'a login under another epoch')
      }
      for (const client of [store, other]) {
        const login = await record({ subject, epoch })
        await expectOutcome(client.insert(login, ROOMY), 'inserted', 'a login under the epoch')
      }
    },
  ),
  clause(
    'every revocation of a subject raises its epoch',
    'Each revocation of a subject raises the epoch, also in one millisecond and where nothing else changes.',
    async ({ store, other, stored, record }) => {
      const one = await stored()
      const ahead = await stored({ epoch: one.epoch + 1_000_000 })
      const unknown = await record({ epoch: (await store.find('')).now - 60_000 })
      for (const { subject, epoch } of [one, ahead, unknown]) {
        let last = epoch
        for (let round = 0; round < 3; round += 1) {
          const { mark, changed } = await store.revoke({ kind: 'subject', subject }, LIFE)
          expect(changed, 'revoke did not report a change')
          const { epoch: next, now } = await other.epoch(subject)
          expect(next > last && next >= now - 60_000, `the epoch went from ${last} to ${next}`)
          expectSame(mark?.kind === 'subject' && mark.epoch, next, 'the epoch of the returned mark')
          last = next
        }
      }
    },
  ),
  clause(
    'revoking a subject ends all its sessions',
    'A revoked subject has no session left, and no token of them is accepted.',
    async ({ store, other, stored }) => {
      const one = await stored()
      const two = await stored({ subject: one.subject })
      const bystander = await stored()
      await store.revoke(target.subject(one), LIFE)
      for (const record of [one, two]) {
        expect(!(await isAlive(other, record.id)), 'a session outlived its subject')
        expect(await other.isRevoked(query(record)), 'a token outlived its subject')
        expect(!(await other.replace(rotated(record), record.version)), 'replace accepted an older epoch')
      }
      expectSame(await idsOf(other, one.subject), [], 'the sessions of the subject')
      expect(!(await other.isRevoked(query(bystander))), 'another subject was revoked')
    },
  ),
  clause(
    'a login after the revocation lives',
    'A login that read the new epoch lives; one that read the old is refused.',
    async ({ store, record, stored }) => {
      const { subject } = await stored()
      const late = await record({ subject })
      await store.revoke(target.subject(late), LIFE)
      await expectOutcome(store.insert(late, ROOMY), 'superseded', 'a login from before the revocation')
      const next = await stored({ subject })
      expect(!(await store.isRevoked(query(next))), 'a login from after the revocation is dead')
    },
  ),
  clause(
    'a login between two revocations is refused',
    'A login that read the epoch between two revocations of its subject is refused after the second.',
    async ({ store, other, record }) => {
      const { subject } = await record()
      await store.revoke({ kind: 'subject', subject }, LIFE)
      const between = await record({ subject })
      await other.revoke({ kind: 'subject', subject }, LIFE)
      await expectOutcome(store.insert(between, ROOMY), 'superseded', 'the login from between them')
    },
  ),
  clause(
    'a subject without sessions can be revoked',
    'Revoking a subject without any session still refuses logins under way.',
    async ({ store, record }) => {
      const unknown = { subject: anySubject(), epoch: (await store.find('')).now }
      for (const late of [await record(), await record(unknown)]) {
        await store.revoke(target.subject(late), LIFE)
        await expectOutcome(store.insert(late, ROOMY), 'superseded', 'a login from before the revocation')
        const next = await record({ subject: late.subject })
        await expectOutcome(store.insert(next, ROOMY), 'inserted', 'a login from after it')
      }
    },
  ),
  clause(
    'the session to keep moves to the new epoch',
    'The session to keep moves to the new epoch, its older tokens die.',
    async ({ store, other, stored }) => {
      const kept = await stored()
      const lost = await stored({ subject: kept.subject })
      await store.revoke(target.subject(kept, kept.id), LIFE)
      const { record, epoch } = await other.find(kept.id)
      const seen = [record?.epoch, record?.version]
      expectSame(seen, [epoch, kept.version + 1], 'epoch and version of the kept session')
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
      expectSame(await idsOf(other, kept.subject), [kept.id], 'the sessions that are left')
    },
  ),
  clause(
    'only a live session of the subject can be kept',
    'A session of another subject cannot be the one to keep, and no dead one.',
    async ({ store, stored }) => {
      const victim = await stored()
      const stranger = await stored()
      await store.revoke(target.subject(victim, stranger.id), LIFE)
      expectSame((await store.find(stranger.id)).record, stranger, 'the session of another subject')
      await store.revoke(target.subject(victim, victim.id), LIFE)
      expect(await store.isRevoked(query(victim)), 'a dead session was brought back')
      expectSame(await idsOf(store, victim.subject), [], 'the sessions of the subject')
    },
  ),
]
