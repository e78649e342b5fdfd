/** Saboteurs of the clauses about time. */

import type { FeedMark, RevocationLife } from '@auth/core'
import { refusedAs, type Sabotage, type Saboteurs } from './sabotage.js'

const livingAs =
  (change: (life: RevocationLife, kind: 'token' | 'session' | 'subject') => RevocationLife): Sabotage =>
  (inner) => ({ revoke: (target, life) => inner.revoke(target, change(life, target.kind)) })

const marksAs =
  (change: (mark: FeedMark, now: number) => FeedMark[]): Sabotage =>
  (inner, now) => ({
    marks: async (cursor) => {
      const page = await inner.marks(cursor)
      return { ...page, marks: page.marks.flatMap((mark) => change(mark, now())) }
    },
  })

export const expirySaboteurs: Saboteurs = {
  'sessions end on time': {
    'sessions end a second early': (inner) => ({
      insert: (record, cap) => inner.insert({ ...record, expiresAt: record.expiresAt - 1000 }, cap),
    }),
    'sessions never end': (inner) => ({
      insert: async (record, cap) =>
        record.expiresAt > record.createdAt
          ? inner.insert({ ...record, expiresAt: record.expiresAt * 2 }, cap)
          : refusedAs('superseded'),
      find: async (id) => {
        const found = await inner.find(id)
        return found.record
          ? { ...found, record: { ...found.record, expiresAt: found.record.expiresAt / 2 } }
          : found
      },
    }),
  },
  'an idle session keeps its row': {
    'rows end when idle': (inner) => ({
      find: async (id) => {
        const found = await inner.find(id)
        const idle = found.record && found.record.idleExpiresAt <= found.now
        return idle ? { ...found, record: null, epoch: Number.MAX_SAFE_INTEGER } : found
      },
    }),
  },
  'the epoch outlives every session of the subject': {
    'subjects live as long as their last session': (inner, now) => {
      const ends = new Map<string, number>()
      return {
        insert: async (record, cap) => {
          ends.set(record.subject, record.expiresAt)
          return inner.insert(record, cap)
        },
        epoch: async (subject) => {
          const state = await inner.epoch(subject)
          return (ends.get(subject) ?? Number.POSITIVE_INFINITY) <= now()
            ? { ...state, epoch: state.now }
            : state
        },
      }
    },
    'subjects do not end': (inner) => {
      const epochs = new Map<string, number>()
      return {
        epoch: async (subject) => {
          const { epoch, now } = await inner.epoch(subject)
          epochs.set(subject, epochs.get(subject) ?? epoch)
          return { epoch: Math.max(epochs.get(subject) ?? epoch, epoch === now ? 0 : epoch), now }
        },
      }
    },
  },
  'a raised epoch outlives every session and mark of the subject': {
    'subjects end with their mark': (inner, now) => {
      const marked = new Map<string, number>()
      return {
        revoke: (target, life) => {
          if (target.kind === 'subject') marked.set(target.subject, now() + life.markFor)
          return inner.revoke(target, life)
        },
        insert: async (record, cap) => {
          const insertion = await inner.insert(record, cap)
          const hasEnded = (marked.get(record.subject) ?? Number.POSITIVE_INFINITY) <= now()
          return hasEnded ? { outcome: 'inserted', evicted: [] } : insertion
        },
      }
    },
    'subjects end before their mark': livingAs((life, kind) => ({
      ...life,
      markFor: kind === 'subject' ? Math.min(life.markFor, 3_600_000) : life.markFor,
    })),
  },
  'marks end on time': {
    'marks of tokens end early': livingAs((life, kind) => ({
      markFor: kind === 'token' ? life.markFor - 60_000 : life.markFor,
    })),
    'marks of tokens do not end': livingAs((life, kind) => ({
      ...life,
      markFor: kind === 'token' ? Number.POSITIVE_INFINITY : life.markFor,
    })),
  },
  'the feed keeps marks until they end': {
    'the feed forgets marks a minute before their end': marksAs((mark) =>
      mark.lastsFor < 60_000 ? [] : [mark],
    ),
  },
  'a replaced session keeps its end': {
    'replace extends the session': (inner) => ({
      replace: (record, expected) => inner.replace({ ...record, idleExpiresAt: record.expiresAt }, expected),
    }),
  },
  'the life of a mark is counted by the clock of the store': {
    'a repeated revocation starts the life of its mark anew': (inner) => ({
      revoke: async (target, life) => {
        const { mark, changed } = await inner.revoke(target, life)
        return { mark: mark && { ...mark, lastsFor: life.markFor }, changed }
      },
    }),
    'marks last in seconds': livingAs((life) => ({ ...life, markFor: Math.ceil(life.markFor / 1000) })),
    'marks of subjects last an hour': livingAs((life, kind) => ({
      ...life,
      markFor: kind === 'subject' ? 3_600_000 : life.markFor,
    })),
  },
  'the feed says how long each mark still lasts': {
    'what is left of a mark does not shrink': (inner) => {
      const first = new Map<string, number>()
      return {
        marks: async (cursor) => {
          const page = await inner.marks(cursor)
          const marks = page.marks.map((mark) => {
            const { lastsFor, ...words } = mark
            const key = JSON.stringify(words)
            first.set(key, first.get(key) ?? lastsFor)
            return { ...mark, lastsFor: first.get(key) ?? lastsFor }
          })
          return { ...page, marks }
        },
      }
    },
    'marks of evicted sessions last an hour': (inner) => ({
      insert: (record, cap) => inner.insert(record, { ...cap, markFor: 3_600_000 }),
    }),
  },
  'no mark lasts longer than it was asked to': {
    'the feed gives ends in place of durations': marksAs((mark, now) => [
      { ...mark, lastsFor: mark.lastsFor + now },
    ]),
    'marks last ten seconds longer': livingAs((life) => ({ ...life, markFor: life.markFor + 10_000 })),
  },
}
