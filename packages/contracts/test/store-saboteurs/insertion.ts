/** Saboteurs of the clauses about the outcomes of insert and the cap. */

import type { Insertion, SessionMark, SessionRecord } from '@auth/core'
import type { ModelStore } from '../../src/index.js'
import { pause, ROOMY, refusedAs, type Sabotage, type Saboteurs } from './sabotage.js'

/** Changes what insert answers. */
const answeringAs =
  (change: (insertion: Insertion, record: SessionRecord) => Insertion): Sabotage =>
  (inner) => ({ insert: async (record, cap) => change(await inner.insert(record, cap), record) })

/** Evicts live sessions of the subject in an order of its own, in steps between which other calls run. */
const evictingBy =
  (order: (a: SessionRecord, b: SessionRecord) => number): Sabotage =>
  (inner) => ({
    insert: async (record, cap) => {
      if (cap.whenFull === 'deny') return inner.insert(record, cap)
      const rows = [...(await inner.list(record.subject))].sort(order)
      await pause()
      const surplus = rows.slice(0, Math.max(0, rows.length + 1 - cap.max))
      const evicted = await Promise.all(surplus.map(({ id }) => revoked(inner, id, cap.markFor)))
      return { ...(await inner.insert(record, ROOMY)), evicted }
    },
  })

const revoked = async (inner: ModelStore, sessionId: string, markFor: number): Promise<SessionMark> =>
  (await inner.revoke({ kind: 'session', sessionId }, { markFor })).mark as SessionMark

/** Denies by a count of its own. */
const denyingBy =
  (
    count: (inserted: readonly SessionRecord[], inner: ModelStore, subject: string) => Promise<number>,
  ): Sabotage =>
  (inner) => {
    const inserted: SessionRecord[] = []
    return {
      insert: async (record, cap) => {
        const isFull = cap.whenFull === 'deny' && (await count(inserted, inner, record.subject)) >= cap.max
        if (isFull) return refusedAs('full')
        inserted.push(record)
        return inner.insert(record, cap.whenFull === 'deny' ? ROOMY : cap)
      },
    }
  }

const ofSubject = (records: readonly SessionRecord[], subject: string) =>
  records.filter((record) => record.subject === subject)

export const insertionSaboteurs: Saboteurs = {
  'insert names the first reason that applies': {
    'the cap is looked at first': (inner) => ({
      insert: async (record, cap) => {
        const isFull = cap.whenFull === 'deny' && (await inner.list(record.subject)).length >= cap.max
        return isFull ? refusedAs('full') : inner.insert(record, cap)
      },
    }),
    'a taken id that is outdated counts as outdated': (inner) => ({
      insert: async (record, cap) => {
        const { epoch } = await inner.epoch(record.subject)
        return record.epoch === epoch ? inner.insert(record, cap) : refusedAs('superseded')
      },
    }),
    'a tombstone counts as a taken id': answeringAs((insertion) =>
      insertion.outcome === 'revoked' ? refusedAs('taken') : insertion,
    ),
    'an expired record is looked at first': (inner, now) => ({
      insert: async (record, cap) =>
        record.expiresAt <= now() ? refusedAs('superseded') : inner.insert(record, cap),
    }),
  },
  'a refused insert changes nothing': {
    'a refused insert creates the subject': (inner, now) => ({
      insert: async (record, cap) => {
        const insertion = await inner.insert(record, cap)
        if (insertion.outcome !== 'superseded') return insertion
        await inner.insert({ ...record, id: `${record.id}x`, expiresAt: now() + 60_000 }, ROOMY)
        await revoked(inner, `${record.id}x`, 1000)
        return insertion
      },
    }),
    'room is made for a refused insert': (inner) => ({
      insert: async (record, cap) => {
        const insertion = await inner.insert(record, cap)
        const [last] = await inner.list(record.subject)
        if (last && insertion.outcome === 'superseded' && cap.whenFull === 'evict')
          await revoked(inner, last.id, cap.markFor)
        return insertion
      },
    }),
    'a refused insert reports evictions': answeringAs((insertion, { id: sessionId }) =>
      insertion.outcome === 'superseded'
        ? { ...insertion, evicted: [{ kind: 'session', sessionId, lastsFor: 1000 }] }
        : insertion,
    ),
  },
  'a full subject denies one more session': {
    'the cap is ignored': (inner) => ({ insert: (record) => inner.insert(record, ROOMY) }),
    'the cap has room for one more': (inner) => ({
      insert: (record, cap) => inner.insert(record, { ...cap, max: cap.max + 1 }),
    }),
    'sessions are counted, then inserted': denyingBy(async (_inserted, inner, subject) => {
      const { length } = await inner.list(subject)
      await pause()
      return length
    }),
    'a denied session is inserted': (inner) => ({
      insert: async (record, cap) => {
        const insertion = await inner.insert(record, cap)
        if (insertion.outcome === 'full') await inner.insert(record, ROOMY)
        return insertion
      },
    }),
  },
  'a full subject evicts for one more session': {
    'eviction is denial': (inner) => ({
      insert: (record, cap) => inner.insert(record, { ...cap, whenFull: 'deny' }),
    }),
    'sessions are chosen, then evicted': evictingBy((a, b) => a.rotatedAt - b.rotatedAt),
    'evictions are not reported': answeringAs((insertion) => ({ ...insertion, evicted: [] })),
    'evictions are reported twice': answeringAs(({ outcome, evicted }) => ({
      outcome,
      evicted: [...evicted, ...evicted],
    })),
  },
  'idle sessions are evicted first, then those refreshed least recently': {
    'the first login is evicted': evictingBy((a, b) => a.createdAt - b.createdAt),
    'the last refreshed is evicted': evictingBy((a, b) => b.rotatedAt - a.rotatedAt),
    'idle sessions are evicted last': (inner) => ({
      insert: async (record, cap) => {
        const { length } = await inner.list(record.subject)
        return inner.insert(record, { ...cap, max: cap.max + Number(length < cap.max) })
      },
    }),
    'one session is evicted at a time': (inner) => ({
      insert: async (record, cap) => {
        const { length } = await inner.list(record.subject)
        return inner.insert(record, {
          ...cap,
          max: cap.whenFull === 'evict' ? Math.max(cap.max, length) : cap.max,
        })
      },
    }),
    'the new session can be evicted': (inner) => ({
      insert: async (record, cap) => {
        const insertion = await inner.insert(record, cap)
        if (insertion.evicted.length > 1) await revoked(inner, record.id, cap.markFor)
        return insertion
      },
    }),
  },
  'an evicted session is revoked': {
    'evicted sessions live on': (inner) => ({
      insert: async (record, cap) => {
        const surplus = cap.whenFull === 'evict' ? (await inner.list(record.subject)).slice(cap.max - 1) : []
        const evicted = surplus.map(({ id: sessionId, subject }) => {
          return { kind: 'session', sessionId, subject, lastsFor: cap.markFor } as const
        })
        return { ...(await inner.insert(record, ROOMY)), evicted }
      },
    }),
    'marks of evicted sessions last an hour': (inner) => ({
      insert: (record, cap) => inner.insert(record, { ...cap, markFor: 3_600_000 }),
    }),
    'marks of evicted sessions name no subject': answeringAs(({ outcome, evicted }) => ({
      outcome,
      evicted: evicted.map(({ subject: _unnamed, ...mark }) => mark),
    })),
    'tokens of evicted sessions live on': (inner) => {
      const evicted = new Set<string>()
      return {
        insert: async (record, cap) => {
          const insertion = await inner.insert(record, cap)
          for (const { sessionId } of insertion.evicted) evicted.add(sessionId)
          return insertion
        },
        isRevoked: async (query) => !evicted.has(query.sessionId) && inner.isRevoked(query),
      }
    },
  },
  'the feed reports evicted sessions': {
    'evictions are kept out of the feed': (inner) => {
      const evicted = new Set<string>()
      return {
        insert: async (record, cap) => {
          const insertion = await inner.insert(record, cap)
          for (const { sessionId } of insertion.evicted) evicted.add(sessionId)
          return insertion
        },
        marks: async (cursor) => {
          const page = await inner.marks(cursor)
          const reported = page.marks.filter(
            (mark) => mark.kind !== 'session' || !evicted.has(mark.sessionId),
          )
          return { ...page, marks: reported }
        },
      }
    },
  },
  'idle sessions do not use up the cap': {
    'idle sessions count': denyingBy(async (inserted, inner, subject) => {
      const own = await Promise.all(ofSubject(inserted, subject).map(({ id }) => inner.find(id)))
      return own.filter(({ record }) => record !== null).length
    }),
  },
  'the cap counts live sessions of one subject': {
    'revoked sessions count': denyingBy(
      async (inserted, _inner, subject) => ofSubject(inserted, subject).length,
    ),
    'sessions of all subjects count': denyingBy(async (inserted, inner) => {
      const found = await Promise.all(inserted.map(({ id }) => inner.find(id)))
      return found.filter(({ record, epoch }) => record !== null && record.epoch >= epoch).length
    }),
  },
}
