/** Saboteurs of the clauses about the feed and the wake-up. */

import type { FeedMark, FeedPage, RevocationTarget } from '@auth/core'
import type { Sabotage, Saboteurs } from './sabotage.js'

/** Changes the pages of the feed. */
const pagesAs =
  (change: (page: FeedPage, cursor?: string) => FeedPage): Sabotage =>
  (inner) => ({ marks: async (cursor) => change(await inner.marks(cursor), cursor) })

/** A feed of its own, in which one entry stands for each revocation that it takes in. */
const logging =
  (takesIn: (target: RevocationTarget, seen: Set<string>) => boolean): Sabotage =>
  (inner) => {
    const log: FeedMark[] = []
    const seen = new Set<string>()
    return {
      revoke: async (target, life) => {
        const answer = await inner.revoke(target, life)
        if (answer.mark && takesIn(target, seen)) log.push(answer.mark)
        return answer
      },
      marks: async (cursor) => {
        const from = cursor !== undefined && Number(cursor) <= log.length ? Number(cursor) : 0
        return { marks: log.slice(from), cursor: String(log.length) }
      },
    }
  }

const isNew = (target: RevocationTarget, seen: Set<string>): boolean => {
  const key = JSON.stringify(target)
  if (seen.has(key)) return false
  seen.add(key)
  return true
}

export const feedSaboteurs: Saboteurs = {
  'the feed reports every revocation': {
    'the feed is empty': () => ({ marks: async () => ({ marks: [], cursor: '0' }) }),
    'the feed has no epochs': pagesAs((page) => ({
      ...page,
      marks: page.marks.map((mark) => ({ ...mark, epoch: 0 })) as FeedPage['marks'],
    })),
    'the feed is newest first': pagesAs((page) => ({ ...page, marks: [...page.marks].reverse() })),
  },
  'the feed goes on after its cursor': {
    'the feed repeats itself': (inner) => ({ marks: () => inner.marks() }),
  },
  'the feed starts over after an unknown cursor': {
    'a cursor from beyond the end is the end': (inner) => ({
      marks: async (cursor) => {
        const all = await inner.marks()
        return cursor === undefined || Number(cursor) <= Number(all.cursor)
          ? inner.marks(cursor)
          : { ...all, marks: [] }
      },
    }),
    'a cursor that is no number is the end': pagesAs((page, cursor) =>
      Number.isNaN(Number(cursor ?? 0)) ? { ...page, marks: [] } : page,
    ),
  },
  'the feed has no gaps': {
    'the feed skips under load': (inner) => {
      let pending: RevocationTarget[] = []
      return {
        revoke: async (target, life) => {
          pending = [...pending, target]
          await Promise.resolve()
          const isCrowded = pending.length > 3
          pending = pending.filter((other) => other !== target)
          return inner.revoke(target, isCrowded && target.kind === 'session' ? { markFor: -1 } : life)
        },
      }
    },
  },
  'the feed reports sessions without a row': {
    'the feed loses what has no row': (inner) => ({
      revoke: async (target, life) => {
        const isThere = target.kind !== 'session' || (await inner.find(target.sessionId)).record !== null
        return isThere ? inner.revoke(target, life) : { mark: null, changed: false }
      },
    }),
  },
  'the feed comes with the rows': {
    'the feed is a poll late': (inner) => {
      let last = ''
      return {
        marks: async (cursor) => {
          const page = await inner.marks(cursor === 'late' || cursor === undefined ? undefined : cursor)
          const held = page.marks.length > 0 && last !== page.cursor
          last = page.cursor
          return held ? { marks: page.marks.slice(0, -1), cursor: String(Number(page.cursor) - 1) } : page
        },
      }
    },
  },
  'the feed keeps the newest entry of each target': {
    'the feed keeps every entry': logging(() => true),
    'the feed keeps the first entry of each target': logging(isNew),
    'the feed keeps every entry of a subject': logging(
      (target, seen) => target.kind === 'subject' || isNew(target, seen),
    ),
  },
  'a session of another subject is not reported': {
    'a revocation is reported whatever becomes of it': (inner) => {
      const denied: FeedMark[] = []
      return {
        revoke: async (target, life) => {
          const answer = await inner.revoke(target, life)
          if (!answer.mark && target.kind === 'session') denied.push({ ...target, lastsFor: life.markFor })
          return answer
        },
        marks: async (cursor) => {
          const page = await inner.marks(cursor)
          return { ...page, marks: [...page.marks, ...denied] }
        },
      }
    },
  },
  'a revocation wakes every process': {
    'no revocation wakes': () => ({ onMarks: () => () => undefined }),
    'only the first subscription is woken': (inner) => {
      let isTaken = false
      return {
        onMarks: (wake) => {
          if (isTaken) return () => undefined
          isTaken = true
          return inner.onMarks(wake)
        },
      }
    },
  },
  'a stopped wake-up is not called again': {
    'stopping does not stop': (inner) => ({
      onMarks: (wake) => {
        inner.onMarks(wake)
        return () => undefined
      },
    }),
    'stopping one stops all': (inner) => {
      const stops: (() => void)[] = []
      return {
        onMarks: (wake) => {
          stops.push(inner.onMarks(wake))
          return () => {
            for (const stop of stops) stop()
          }
        },
      }
    },
  },
}
