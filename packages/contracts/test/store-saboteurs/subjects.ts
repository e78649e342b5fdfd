/** Saboteurs of the clauses about epochs and the revocation of subjects. */

import type { Revoked, SessionRecord, TokenStore } from '@auth/core'
import type { ModelStore } from '../../src/index.js'
import { ROOMY, type Sabotage, type Saboteurs } from './sabotage.js'
import { judging } from './takeover.js'

/** Answers a revocation of a subject with the last one where a condition holds. */
const raisingUnless =
  (
    isNeedless: (
      last: Extract<Revoked['mark'], { kind: 'subject' }>,
      now: number,
      inner: ModelStore,
    ) => Promise<boolean>,
  ): Sabotage =>
  (inner, now) => {
    const last = new Map<string, Revoked['mark']>()
    return {
      revoke: async (target, life) => {
        if (target.kind !== 'subject') return inner.revoke(target, life)
        const known = last.get(target.subject)
        if (known?.kind === 'subject' && (await isNeedless(known, now(), inner)))
          return { mark: known, changed: true }
        const answer = await inner.revoke(target, life)
        last.set(target.subject, answer.mark)
        return answer
      },
    }
  }

/** Changes a revocation of a subject, knowing the session that is to be kept. */
const keeping =
  (after: (inner: ModelStore, kept: SessionRecord, subject: string) => Promise<unknown>): Sabotage =>
  (inner) => ({
    revoke: async (target, life) => {
      const kept = target.kind === 'subject' && target.keep ? (await inner.find(target.keep)).record : null
      const answer = await inner.revoke(target, life)
      if (kept && target.kind === 'subject') await after(inner, kept, target.subject)
      return answer
    },
  })

const epochsAs =
  (change: (state: Awaited<ReturnType<TokenStore['epoch']>>) => number): Sabotage =>
  (inner) => ({
    epoch: async (subject) => {
      const state = await inner.epoch(subject)
      return { ...state, epoch: change(state) }
    },
  })

export const subjectSaboteurs: Saboteurs = {
  'the epoch of an unknown subject is the clock': {
    'epochs begin at zero': epochsAs(({ epoch, now }) => (epoch === now ? 0 : epoch)),
    'asking for an epoch is forgotten': (inner, now) => {
      const inserted = new Set<string>()
      return {
        insert: async (record, cap) => {
          inserted.add(record.subject)
          return inner.insert({ ...record, epoch: (await inner.epoch(record.subject)).epoch }, cap)
        },
        epoch: async (subject) =>
          inserted.has(subject) ? inner.epoch(subject) : { epoch: now(), now: now() },
      }
    },
    'epochs of logins may lie ahead': (inner) => ({
      insert: async (record, cap) => {
        const { epoch } = await inner.epoch(record.subject)
        return inner.insert({ ...record, epoch: Math.min(record.epoch, epoch) }, cap)
      },
    }),
  },
  'every revocation of a subject raises its epoch': {
    'epochs are the clock': epochsAs(({ now }) => now),
    'the epoch rises once in a millisecond': raisingUnless(async ({ epoch }, now) => epoch >= now),
    'a subject without sessions is revoked once': raisingUnless(
      async ({ subject }, _now, inner) => (await inner.list(subject)).length === 0,
    ),
    'the returned mark has the epoch before': (inner) => ({
      revoke: async (target, life) => {
        const { mark, changed } = await inner.revoke(target, life)
        return { mark: mark?.kind === 'subject' ? { ...mark, epoch: mark.epoch - 1 } : mark, changed }
      },
    }),
    'only a subject with sessions reports a change': (inner) => ({
      revoke: async (target, life) => {
        const isThere = target.kind !== 'subject' || (await inner.list(target.subject)).length > 0
        const { mark, changed } = await inner.revoke(target, life)
        return { mark, changed: changed && isThere }
      },
    }),
  },
  'revoking a subject ends all its sessions': {
    'tokens outlive the revocation of their subject': (inner) => {
      const revoked = new Set<string>()
      return {
        revoke: (target, life) => {
          if (target.kind === 'subject') revoked.add(target.subject)
          return inner.revoke(target, life)
        },
        isRevoked: async (query) => !revoked.has(query.subject) && inner.isRevoked(query),
      }
    },
    'replace ignores the epoch': (inner) => ({
      replace: async (record, expected) =>
        (await inner.replace(record, expected)) || record.epoch < (await inner.epoch(record.subject)).epoch,
    }),
    'list shows what the epoch has ended': (inner) => {
      const known: SessionRecord[] = []
      return {
        insert: (record, cap) => {
          known.push(record)
          return inner.insert(record, cap)
        },
        list: async (subject) => {
          const listed = await inner.list(subject)
          return listed.length > 0 ? listed : known.filter((record) => record.subject === subject)
        },
      }
    },
  },
  'a login after the revocation lives': {
    'insert ignores the epoch': (inner) => ({
      insert: async (record, cap) => {
        const { epoch } = await inner.epoch(record.subject)
        return inner.insert({ ...record, epoch: Math.max(epoch, record.epoch) }, cap)
      },
    }),
    'a revoked subject is locked out': judging(async (record, revokedAt) =>
      revokedAt === Number.NEGATIVE_INFINITY ? record : null,
    ),
  },
  'a login between two revocations is refused': {
    'a subject without sessions is revoked once': raisingUnless(
      async ({ subject }, _now, inner) => (await inner.list(subject)).length === 0,
    ),
    'a revocation in one millisecond with another is that one': raisingUnless(
      async ({ epoch }, now) => epoch >= now,
    ),
  },
  'a subject without sessions can be revoked': {
    'revoking a subject skips the unknown': (inner) => ({
      revoke: async (target, life) => {
        if (target.kind !== 'subject' || (await inner.list(target.subject)).length > 0)
          return inner.revoke(target, life)
        return { mark: { ...target, epoch: 1, lastsFor: life.markFor }, changed: true }
      },
    }),
  },
  'the session to keep moves to the new epoch': {
    'epochs of tokens are ignored': (inner) => ({
      isRevoked: (query) => inner.isRevoked({ ...query, epoch: Number.MAX_SAFE_INTEGER }),
    }),
    'revoking a subject keeps no session': (inner) => ({
      revoke: (target, life) =>
        target.kind === 'subject'
          ? inner.revoke({ kind: 'subject', subject: target.subject }, life)
          : inner.revoke(target, life),
    }),
    'the session to keep stays in its version': keeping(async (inner, { id }) => {
      const { record } = await inner.find(id)
      if (record) await inner.replace({ ...record, version: record.version - 1 }, record.version)
    }),
    'older tokens of the session to keep live on': (inner) => {
      const kept = new Set<string>()
      return {
        revoke: (target, life) => {
          if (target.kind === 'subject' && target.keep) kept.add(target.keep)
          return inner.revoke(target, life)
        },
        isRevoked: async (query) => !kept.has(query.sessionId) && inner.isRevoked(query),
      }
    },
  },
  'only a live session of the subject can be kept': {
    'a session of another subject is kept': keeping(async (inner, kept, subject) => {
      if (kept.subject !== subject) await inner.replace({ ...kept, version: kept.version + 1 }, kept.version)
    }),
    'a dead session is brought back': (inner) => {
      const known = new Map<string, SessionRecord>()
      return {
        insert: (record, cap) => {
          known.set(record.id, record)
          return inner.insert(record, cap)
        },
        revoke: async (target, life) => {
          const answer = await inner.revoke(target, life)
          const kept = target.kind === 'subject' && target.keep ? known.get(target.keep) : undefined
          const { epoch } = await inner.epoch(kept?.subject ?? '')
          if (kept && target.kind === 'subject' && kept.subject === target.subject)
            await inner.insert({ ...kept, epoch }, ROOMY)
          return answer
        },
      }
    },
  },
}
