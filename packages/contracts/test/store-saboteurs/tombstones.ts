/** Saboteurs of the clauses about tombstones. */

import type { RevocationLife, SessionTarget } from '@auth/core'
import type { ModelStore } from '../../src/index.js'
import { pause, refusedAs, type Sabotage, type Saboteurs } from './sabotage.js'

/** Changes how long revocations of sessions are remembered. */
const livingAs =
  (
    change: (life: RevocationLife, target: SessionTarget, inner: ModelStore) => Promise<RevocationLife>,
  ): Sabotage =>
  (inner) => ({
    revoke: async (target, life) =>
      inner.revoke(target, target.kind === 'session' ? await change(life, target, inner) : life),
  })

const markOnly = ({ markFor }: RevocationLife): RevocationLife => ({ markFor })

/** Tombstones in a table of their own, beside a store that has none. */
const apart =
  (
    bury: (until: Map<string, number>, id: string, expiresAt: number) => void,
    betweenSteps = async () => {},
  ): Sabotage =>
  (inner, now) => {
    const until = new Map<string, number>()
    return {
      revoke: async (target, life) => {
        const answer = await inner.revoke(target, markOnly(life))
        if (target.kind === 'session') bury(until, target.sessionId, now() + (life.tombstoneFor ?? 0))
        return answer
      },
      insert: async (record, cap) => {
        if (now() < (until.get(record.id) ?? 0)) return refusedAs('revoked')
        await betweenSteps()
        return inner.insert(record, cap)
      },
    }
  }

const longest = (until: Map<string, number>, id: string, expiresAt: number) =>
  until.set(id, Math.max(expiresAt, until.get(id) ?? 0))

export const tombstoneSaboteurs: Saboteurs = {
  'a tombstone refuses its id': {
    'there are no tombstones': livingAs(async (life) => markOnly(life)),
    'only a session with a row gets a tombstone': livingAs(async (life, { sessionId }, inner) =>
      (await inner.find(sessionId)).record ? life : markOnly(life),
    ),
    'only a session without a row gets a tombstone': livingAs(async (life, { sessionId }, inner) =>
      (await inner.find(sessionId)).record ? markOnly(life) : life,
    ),
    'a tombstone refuses every session of its partition': (inner) => {
      const buried = new Set<string>()
      const partOf = (id: string) => `${id.split('.')[0]}`
      return {
        revoke: (target, life) => {
          if (target.kind === 'session' && life.tombstoneFor) buried.add(partOf(target.sessionId))
          return inner.revoke(target, life)
        },
        insert: async (record, cap) =>
          buried.has(partOf(record.id)) ? refusedAs('revoked') : inner.insert(record, cap),
      }
    },
  },
  'a tombstone is no session': {
    'revoking a tombstone reports a change': (inner) => {
      const buried = new Set<string>()
      return {
        revoke: async (target, life) => {
          const answer = await inner.revoke(target, life)
          if (target.kind !== 'session' || !life.tombstoneFor) return answer
          const changed = answer.changed || buried.has(target.sessionId)
          buried.add(target.sessionId)
          return { ...answer, changed }
        },
      }
    },
    'tombstones use up the cap': (inner) => {
      const buried: string[] = []
      return {
        revoke: (target, life) => {
          if (target.kind === 'session' && life.tombstoneFor) buried.push(target.sessionId)
          return inner.revoke(target, life)
        },
        insert: async (record, cap) => {
          const own = buried.filter((id) => record.id.startsWith(`${id.split('.')[0]}`))
          return own.length >= cap.max ? refusedAs('full') : inner.insert(record, cap)
        },
      }
    },
    'a tombstone is found under its epoch': (inner) => {
      const epochs = new Map<string, number>()
      return {
        insert: (record, cap) => {
          epochs.set(record.id, record.epoch)
          return inner.insert(record, cap)
        },
        find: async (id) => {
          const found = await inner.find(id)
          return found.record ? found : { ...found, epoch: epochs.get(id) ?? found.epoch }
        },
      }
    },
  },
  'a tombstone wins against an insert': {
    'insert looks for a tombstone, then writes': apart(longest, pause),
  },
  'a tombstone can follow a revocation': {
    'a repeated revocation does nothing': (inner) => {
      const revoked = new Set<string>()
      return {
        revoke: (target, life) => {
          const isKnown = target.kind === 'session' && revoked.has(target.sessionId)
          if (target.kind === 'session') revoked.add(target.sessionId)
          return inner.revoke(target, isKnown ? markOnly(life) : life)
        },
      }
    },
  },
  'a tombstone lasts for its time': {
    'tombstones end with their mark': livingAs(async ({ markFor, tombstoneFor }) => ({
      markFor,
      tombstoneFor: Math.min(markFor, tombstoneFor ?? 0),
    })),
    'tombstones end with their session': livingAs(async (life, { sessionId }, inner) => {
      const { record, now } = await inner.find(sessionId)
      const left = record ? record.expiresAt - now : Number.POSITIVE_INFINITY
      return { ...life, tombstoneFor: Math.min(left, life.tombstoneFor ?? 0) }
    }),
    'tombstones do not end': livingAs(async (life) => ({ ...life, tombstoneFor: Number.POSITIVE_INFINITY })),
  },
  'a tombstone is never shortened': {
    'the last revocation counts': apart((until, id, expiresAt) => until.set(id, expiresAt)),
    'a revocation without a tombstone takes it away': apart((until, id, expiresAt) => {
      const isEmpty = expiresAt - (until.get(id) ?? 0) < -9_000_000
      if (isEmpty) until.delete(id)
      else longest(until, id, expiresAt)
    }),
  },
  'a tombstone is no mark': {
    'marks last as long as tombstones': livingAs(async (life) => ({
      ...life,
      markFor: Math.max(life.markFor, life.tombstoneFor ?? 0),
    })),
    'a buried session is not reported': (inner) => {
      const buried = new Set<string>()
      return {
        revoke: (target, life) => {
          if (target.kind === 'session' && life.tombstoneFor) buried.add(target.sessionId)
          return inner.revoke(target, life)
        },
        marks: async (cursor) => {
          const page = await inner.marks(cursor)
          return {
            ...page,
            marks: page.marks.filter((mark) => mark.kind !== 'session' || !buried.has(mark.sessionId)),
          }
        },
      }
    },
  },
}
