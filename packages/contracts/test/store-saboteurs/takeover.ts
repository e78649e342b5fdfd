/** Saboteurs of the clauses about sessions that were taken over. */

import type { SessionRecord } from '@auth/core'
import type { ModelStore } from '../../src/index.js'
import { refusedAs, type Sabotage, type Saboteurs } from './sabotage.js'

/** Keeps in mind when each subject was last revoked, to judge inserts by it. */
export const judging =
  (
    judge: (record: SessionRecord, revokedAt: number, inner: ModelStore) => Promise<SessionRecord | null>,
  ): Sabotage =>
  (inner, now) => {
    const revokedAt = new Map<string, number>()
    return {
      revoke: (target, life) => {
        if (target.kind === 'subject') revokedAt.set(target.subject, now())
        return inner.revoke(target, life)
      },
      insert: async (record, cap) => {
        const judged = await judge(record, revokedAt.get(record.subject) ?? Number.NEGATIVE_INFINITY, inner)
        return judged ? inner.insert(judged, cap) : refusedAs('superseded')
      },
    }
  }

const plain = ({ takeover: _kind, ...record }: SessionRecord): SessionRecord => record

export const takeoverSaboteurs: Saboteurs = {
  'a session from before the revocation cannot be taken over': {
    'takeovers are logins like others': (inner) => ({
      insert: (record, cap) => inner.insert(plain(record), cap),
    }),
    'ordinary logins are judged like takeovers': judging(async (record, revokedAt) =>
      record.authenticatedAt <= revokedAt ? null : record,
    ),
    'the epoch stands for the last revocation': (inner) => ({
      insert: async (record, cap) => {
        const { epoch } = await inner.epoch(record.subject)
        const isOlder = record.takeover !== undefined && record.authenticatedAt <= epoch
        return isOlder ? refusedAs('superseded') : inner.insert(record, cap)
      },
    }),
    'a revocation that keeps a session is no revocation': judging(async (record, revokedAt, inner) =>
      revokedAt !== Number.NEGATIVE_INFINITY && (await inner.list(record.subject)).length > 0
        ? plain(record)
        : record,
    ),
    'nothing is taken over after a revocation': judging(async (record, revokedAt) =>
      record.takeover !== undefined && revokedAt !== Number.NEGATIVE_INFINITY ? null : record,
    ),
  },
  'revoking a session or a token refuses no takeover': {
    'revoking a session revokes what its subject could take over': (inner) => {
      const touched = new Set<string>()
      return {
        revoke: async (target, life) => {
          const { record } = target.kind === 'subject' ? { record: null } : await inner.find(target.sessionId)
          if (record) touched.add(record.subject)
          return inner.revoke(target, life)
        },
        insert: async (record, cap) =>
          record.takeover !== undefined && touched.has(record.subject)
            ? refusedAs('superseded')
            : inner.insert(record, cap),
      }
    },
  },
  'a takeover and a login in the millisecond of the revocation': {
    'the millisecond of the revocation does not count': judging(async (record, revokedAt) =>
      record.authenticatedAt === revokedAt ? plain(record) : record,
    ),
    'logins in the millisecond of the revocation are refused': judging(async (record, revokedAt) =>
      record.authenticatedAt === revokedAt ? null : record,
    ),
  },
  'later logins do not undo the refusal of a takeover': {
    'the last revocation is forgotten with the next login': (inner) => {
      const renewed = new Set<string>()
      return {
        insert: async (record, cap) => {
          const insertion = await inner.insert(renewed.has(record.subject) ? plain(record) : record, cap)
          if (insertion.outcome === 'inserted') renewed.add(record.subject)
          return insertion
        },
        revoke: (target, life) => {
          if (target.kind === 'subject') renewed.delete(target.subject)
          return inner.revoke(target, life)
        },
      }
    },
    'the last revocation is forgotten with its mark': (inner, now) => {
      const ends = new Map<string, number>()
      return {
        insert: (record, cap) => {
          const hasEnded = (ends.get(record.subject) ?? Number.POSITIVE_INFINITY) <= now()
          return inner.insert(hasEnded ? plain(record) : record, cap)
        },
        revoke: (target, life) => {
          if (target.kind === 'subject') ends.set(target.subject, now() + life.markFor)
          return inner.revoke(target, life)
        },
      }
    },
  },
}
