/** The store contract as the shortest program that keeps it: rows in one list, nothing clever, nothing fast. For tests. */

import type { SessionRecord } from '../session/record.js'
import type {
  FeedMark,
  RevocationMark,
  RevocationQuery,
  SubjectMark,
  TokenStore,
} from '../store/token-store.js'

interface Row {
  readonly kind: 'session' | 'subject' | 'token' | 'mark'
  readonly key: string
  readonly value: unknown
  readonly expiresAt: number
}

/** A store that has a feed. */
export type ModelStore = Required<Omit<TokenStore, 'warnings'>>

/** A `TokenStore` to compare others with. @param now - the clock, in milliseconds. Default: `Date.now`. */
export const modelStore = (now: () => number = Date.now): ModelStore => {
  let rows: readonly Row[] = []
  let published = 0

  const live = (kind: Row['kind']): Row[] => rows.filter((row) => row.kind === kind && now() < row.expiresAt)
  const get = <V>(kind: Row['kind'], key: string): V | undefined => {
    return live(kind).find((row) => row.key === key)?.value as V | undefined
  }
  const remove = (kind: Row['kind'], key: string): boolean => {
    const before = rows.length
    rows = rows.filter((row) => !(row.kind === kind && row.key === key))
    return rows.length < before
  }
  const put = (row: Row): void => {
    remove(row.kind, row.key)
    rows = [...rows, { ...row, value: structuredClone(row.value) }]
  }
  const session = (id: string): SessionRecord | undefined => {
    const record = get<SessionRecord>('session', id)
    const epoch = record && get<number>('subject', record.subject)
    return record && epoch !== undefined && record.epoch >= epoch ? record : undefined
  }
  const putSession = (record: SessionRecord): void => {
    put({ kind: 'session', key: record.id, value: record, expiresAt: record.expiresAt })
  }
  const putSubject = (subject: string, epoch: number, expiresAt: number): void => {
    const old = rows.find((row) => row.kind === 'subject' && row.key === subject)?.expiresAt ?? 0
    put({ kind: 'subject', key: subject, value: epoch, expiresAt: Math.max(old, expiresAt) })
  }
  const publish = (mark: FeedMark): void => {
    published += 1
    put({ kind: 'mark', key: String(published), value: mark, expiresAt: mark.expiresAt })
  }
  const revokeSubject = ({ subject, keep, ...mark }: SubjectMark): boolean => {
    const kept = keep === undefined ? undefined : session(keep)
    const epoch = Math.max(now(), (get<number>('subject', subject) ?? now()) + 1)
    publish({ ...mark, subject, ...(keep === undefined ? {} : { keep }), epoch })
    putSubject(subject, epoch, mark.expiresAt)
    if (kept?.subject === subject) putSession({ ...kept, epoch, version: kept.version + 1 })
    return true
  }
  const revokeToken = (mark: Extract<RevocationMark, { kind: 'token' }>): boolean => {
    const key = JSON.stringify([mark.sessionId, mark.tokenId])
    const known = get('token', key) !== undefined
    publish(mark)
    put({ kind: 'token', key, value: true, expiresAt: mark.expiresAt })
    return !known
  }

  return {
    volatile: true,
    insert: async (record) => {
      const epoch = get<number>('subject', record.subject) ?? record.epoch
      if (get('session', record.id) || record.expiresAt <= now() || record.epoch !== epoch) return false
      putSubject(record.subject, epoch, record.expiresAt)
      putSession(record)
      return true
    },
    find: async (id) => {
      const record = session(id) ?? null
      return {
        record,
        epoch: (record && get('subject', record.subject)) ?? Number.MAX_SAFE_INTEGER,
        now: now(),
      }
    },
    replace: async (record, expectedVersion) => {
      const current = session(record.id)
      const epoch = get<number>('subject', record.subject)
      if (!current || epoch === undefined || current.version !== expectedVersion || record.epoch < epoch)
        return false
      putSession(record)
      return true
    },
    list: async (subject) => {
      const records = live('session').flatMap((row) => session(row.key) ?? [])
      const own = records.filter((record) => record.subject === subject && now() < record.idleExpiresAt)
      return own.sort((a, b) => b.createdAt - a.createdAt).slice(0, 100)
    },
    epoch: async (subject) => {
      const epoch = get<number>('subject', subject) ?? now()
      putSubject(subject, epoch, now() + 3_600_000)
      return { epoch, now: now() }
    },
    revoke: async (mark) => {
      if (mark.kind === 'subject') return revokeSubject(mark)
      if (mark.kind === 'token') return revokeToken(mark)
      publish(mark)
      const existed = session(mark.sessionId) !== undefined
      remove('session', mark.sessionId)
      return existed
    },
    isRevoked: async ({ tokenId, sessionId, subject, epoch }: RevocationQuery) =>
      session(sessionId) === undefined ||
      epoch < (get<number>('subject', subject) ?? Number.MAX_SAFE_INTEGER) ||
      get('token', JSON.stringify([sessionId, tokenId])) !== undefined,
    marks: async (cursor) => {
      const from = cursor !== undefined && Number(cursor) <= published ? Number(cursor) : 0
      const marks = live('mark').filter(({ key }) => Number(key) > from)
      return { marks: marks.map(({ value }) => value as FeedMark), cursor: String(published) }
    },
    close: async () => undefined,
  }
}
