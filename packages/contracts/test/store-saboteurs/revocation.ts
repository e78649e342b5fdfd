/** Saboteurs of the clauses about the revocation of sessions and tokens. */

import type { RevocationTarget, Revoked, SessionRecord } from '@auth/core'
import { isInserted, pause, type Sabotage, type Saboteurs } from './sabotage.js'

/** Changes what revoke answers. */
const answeringAs =
  (change: (answer: Revoked, target: RevocationTarget) => Revoked): Sabotage =>
  (inner) => ({ revoke: async (target, life) => change(await inner.revoke(target, life), target) })

const withoutSubject = (mark: Revoked['mark']): Revoked['mark'] => {
  if (mark?.kind !== 'session') return mark
  const { subject: _unnamed, ...rest } = mark
  return rest
}

export const revocationSaboteurs: Saboteurs = {
  'a live session is not revoked': {
    'everything is revoked': () => ({ isRevoked: async () => true }),
  },
  'a missing session is revoked': {
    'a missing row is no revocation': (inner) => ({
      isRevoked: async (query) =>
        (await inner.find(query.sessionId)).record !== null && inner.isRevoked(query),
    }),
  },
  'a revoked session is gone': {
    'revoke does nothing': () => ({
      revoke: async (target, { markFor }) => {
        const epoch = target.kind === 'subject' ? { epoch: 1 } : {}
        return { mark: { ...target, ...epoch, lastsFor: markFor } as Revoked['mark'], changed: true }
      },
    }),
    'revoke never reports a change': answeringAs((answer) => ({ ...answer, changed: false })),
    'nothing is revoked': () => ({ isRevoked: async () => false }),
  },
  'revoking a session spares the others': {
    'revoking a session revokes its subject': (inner) => ({
      revoke: async (target, life) => {
        const { record } = target.kind === 'session' ? await inner.find(target.sessionId) : { record: null }
        const answer = await inner.revoke(target, life)
        if (record) await inner.revoke({ kind: 'subject', subject: record.subject }, life)
        return answer
      },
    }),
  },
  'one revocation of a session reports the change': {
    'revoke always reports a change': answeringAs((answer) => ({ ...answer, changed: true })),
    'the change is looked for before it is made': (inner) => ({
      revoke: async (target, life) => {
        const isThere = target.kind === 'session' && (await inner.find(target.sessionId)).record !== null
        await pause()
        const answer = await inner.revoke(target, life)
        return target.kind === 'session' ? { ...answer, changed: isThere } : answer
      },
    }),
  },
  'a revoked session stays revoked': {
    'replace revives': (inner) => {
      const ended = new Map<string, SessionRecord>()
      return {
        revoke: async (target, life) => {
          const { record } = target.kind === 'session' ? await inner.find(target.sessionId) : { record: null }
          if (record) ended.set(record.id, record)
          return inner.revoke(target, life)
        },
        replace: async (record, expected) =>
          (await inner.replace(record, expected)) ||
          (ended.get(record.id)?.version === expected && (await isInserted(inner, record))),
      }
    },
  },
  'revoke wins against replace': {
    'replace compares, then writes': (inner) => ({
      replace: async (record, expected) => {
        const { record: current } = await inner.find(record.id)
        if (current?.version !== expected) return false
        await Promise.resolve()
        return (await inner.replace(record, expected)) || isInserted(inner, record)
      },
    }),
  },
  'revoking a token spares its session': {
    'token marks are ignored': (inner) => ({
      isRevoked: (query) => inner.isRevoked({ ...query, tokenId: `not ${query.tokenId}` }),
    }),
    'revoking a token revokes its session': (inner) => ({
      revoke: async (target, life) => {
        const answer = await inner.revoke(target, life)
        if (target.kind === 'token')
          await inner.revoke({ kind: 'session', sessionId: target.sessionId }, life)
        return answer
      },
    }),
    'a revoked token takes the others of its session along': (inner) => {
      const sessions = new Set<string>()
      return {
        revoke: (target, life) => {
          if (target.kind === 'token') sessions.add(target.sessionId)
          return inner.revoke(target, life)
        },
        isRevoked: async (query) => sessions.has(query.sessionId) || inner.isRevoked(query),
      }
    },
  },
  'revoke returns the mark in force': {
    'a mark is returned by the first revocation only': (inner) => ({
      revoke: async (target, life) => {
        const { mark, changed } = await inner.revoke(target, life)
        return { mark: changed || target.kind === 'session' ? mark : null, changed }
      },
    }),
    'sessions without a row have no mark': answeringAs((answer) =>
      answer.mark?.kind === 'session' && answer.mark.subject === undefined
        ? { ...answer, mark: null }
        : answer,
    ),
    'the mark forgets the session to keep': answeringAs((answer) => {
      if (answer.mark?.kind !== 'subject') return answer
      const { keep: _unnamed, ...mark } = answer.mark
      return { ...answer, mark }
    }),
    'the returned mark has ended': answeringAs(({ mark, changed }) => ({
      mark: mark && { ...mark, lastsFor: 0 },
      changed,
    })),
  },
  'a mark says whose session died': {
    'no mark of a session names its subject': answeringAs(({ mark, changed }) => ({
      mark: withoutSubject(mark),
      changed,
    })),
    'the subject is named by the first revocation only': answeringAs(({ mark, changed }) => ({
      mark: changed ? mark : withoutSubject(mark),
      changed,
    })),
  },
  'two processes that revoke one target both refuse at once': {
    'the second of two gets no mark': answeringAs(({ mark, changed }) => ({
      mark: changed ? mark : null,
      changed,
    })),
    'the second of two does not wait for the first': (inner) => {
      const underWay = new Set<string>()
      return {
        revoke: async (target, life) => {
          const key = JSON.stringify(target)
          const mark = { ...target, lastsFor: life.markFor } as Revoked['mark']
          if (underWay.has(key)) return { mark, changed: false }
          underWay.add(key)
          await pause()
          underWay.delete(key)
          return inner.revoke(target, life)
        },
      }
    },
  },
  'a session of another subject is not revoked': {
    'the named subject is ignored': (inner) => ({
      revoke: (target, life) =>
        target.kind === 'session'
          ? inner.revoke({ kind: 'session', sessionId: target.sessionId }, life)
          : inner.revoke(target, life),
    }),
    'a mark is returned whoever owns the session': answeringAs(({ mark, changed }, target) => ({
      mark: mark ?? ({ ...target, lastsFor: 1000 } as Revoked['mark']),
      changed,
    })),
    'a session that is named with its subject is spared': (inner) => ({
      revoke: async (target, life) =>
        target.kind === 'session' && target.subject !== undefined
          ? { mark: null, changed: false }
          : inner.revoke(target, life),
    }),
  },
}
