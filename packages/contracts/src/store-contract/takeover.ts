/** Clauses about sessions that were taken over from another system: `takeover` is set. */

import { expectSame } from '../expectations.js'
import { expectOutcome, HOUR, LIFE, ROOMY, target } from './bench.js'
import { clause, type StoreClause, timed } from './clause.js'

const KIND = { takeover: 'older' } as const

/** What a revocation of the subject ended before it was taken over. */
export const takeoverClauses: readonly StoreClause[] = [
  clause(
    'a session from before the revocation cannot be taken over',
    'A taken-over session is refused where its subject was revoked after it was authenticated, and only there.',
    async ({ store, other, stored, record }) => {
      const device = await stored()
      const { subject } = device
      const before = { ...KIND, subject, authenticatedAt: (await store.find('')).now }
      const first = await record({ ...before, authenticatedAt: 0 })
      await expectOutcome(other.insert(first, ROOMY), 'inserted', 'a takeover before any revocation')
      await store.revoke(target.subject(device, device.id), LIFE)
      const { now } = await store.find('')
      for (const authenticatedAt of [before.authenticatedAt, 0]) {
        const late = await record({ ...before, authenticatedAt })
        await expectOutcome(other.insert(late, ROOMY), 'superseded', 'a takeover of an earlier session')
      }
      const later = await record({ ...before, authenticatedAt: now + 1 })
      await expectOutcome(other.insert(later, ROOMY), 'inserted', 'a takeover of a later session')
      const plain = await record({ subject, authenticatedAt: 0 })
      await expectOutcome(other.insert(plain, ROOMY), 'inserted', 'an ordinary login, whatever its instant')
      expectSame((await other.list(subject)).length, 3, 'the number of sessions')
    },
  ),
  clause(
    'revoking a session or a token refuses no takeover',
    'Only a revocation of the subject refuses sessions that were authenticated before it.',
    async ({ store, other, stored, record }) => {
      const victim = await stored()
      await store.revoke(target.token(victim), LIFE)
      await store.revoke(target.session(victim), LIFE)
      const late = await record({ ...KIND, subject: victim.subject, authenticatedAt: 0 })
      await expectOutcome(other.insert(late, ROOMY), 'inserted', 'a takeover of another session')
    },
  ),
  timed(
    'a takeover and a login in the millisecond of the revocation',
    'A session authenticated in the millisecond of the revocation cannot be taken over; an ordinary login in it lives.',
    async ({ store, stored, record, advance }) => {
      const { subject } = await stored()
      await advance(1)
      await store.revoke({ kind: 'subject', subject }, LIFE)
      const taken = await record({ ...KIND, subject })
      const login = await record({ subject })
      await expectOutcome(store.insert(taken, ROOMY), 'superseded', 'the takeover')
      await expectOutcome(store.insert(login, ROOMY), 'inserted', 'the login')
      const next = await record({ ...KIND, subject, authenticatedAt: login.createdAt + 1 })
      await expectOutcome(store.insert(next, ROOMY), 'inserted', 'a takeover of the next millisecond')
    },
  ),
  timed(
    'later logins do not undo the refusal of a takeover',
    'The last revocation of a subject is remembered as long as its row lives, whatever is inserted meanwhile.',
    async ({ store, stored, record, advance }) => {
      const { subject, authenticatedAt } = await stored()
      await store.revoke({ kind: 'subject', subject }, LIFE)
      await advance(HOUR / 2)
      await stored({ subject, expiresAt: authenticatedAt + 20 * HOUR * 1000 })
      await advance(10 * HOUR)
      await store.epoch(subject)
      const late = await record({ ...KIND, subject, authenticatedAt })
      await expectOutcome(store.insert(late, ROOMY), 'superseded', 'a takeover long after the revocation')
    },
  ),
]
