/** The rows of the model store: one list of values of six kinds, each with an absolute expiry. */

import type { DocumentMark, FeedMark, RevocationTarget, SessionRecord } from '@auth/core'

/** What a subject's row holds. */
export interface SubjectValue {
  readonly epoch: number
  /** When the subject itself was last revoked, by the store's clock. */
  readonly revokedAt?: number
}

/** What a document's row holds. */
export interface DocumentValue {
  readonly text: string
  readonly version: number
}

/** A mark as it is kept: how long it still lasts is counted from its row when it is given out. */
export type KeptMark = FeedMark extends infer Mark
  ? Mark extends FeedMark
    ? Omit<Mark, 'lastsFor'>
    : never
  : never

interface Values {
  /** Null for a tombstone. */
  readonly session: SessionRecord | null
  readonly subject: SubjectValue
  /** Under the key of what it is about. */
  readonly mark: { readonly position: number; readonly mark: KeptMark }
  readonly document: DocumentValue
  /** A one-time id. */
  readonly once: true
}

interface Row<K extends keyof Values = keyof Values> {
  readonly kind: K
  readonly key: string
  readonly value: Values[K]
  readonly expiresAt: number
}

/** One key for what a mark is about, whatever strings are in it. */
export const keyOf = (about: RevocationTarget | Pick<DocumentMark, 'kind' | 'name'>): string => {
  if (about.kind === 'token') return JSON.stringify([about.kind, about.sessionId, about.tokenId])
  if (about.kind === 'session') return JSON.stringify([about.kind, about.sessionId])
  return JSON.stringify([about.kind, about.kind === 'subject' ? about.subject : about.name])
}

/** Reads see only what has not expired, and give copies. */
export class Rows {
  readonly now: () => number
  #rows: readonly Row[] = []

  constructor(now: () => number) {
    this.now = now
  }

  live<K extends keyof Values>(kind: K): Row<K>[] {
    const now = this.now()
    return this.#rows.filter((row): row is Row<K> => row.kind === kind && now < row.expiresAt)
  }

  get<K extends keyof Values>(kind: K, key: string): Row<K> | undefined {
    return structuredClone(this.live(kind).find((row) => row.key === key))
  }

  put<K extends keyof Values>(row: Row<K>): void {
    this.remove(row.kind, row.key)
    this.#rows = [...this.#rows, structuredClone(row)]
  }

  remove(kind: keyof Values, key: string): void {
    this.#rows = this.#rows.filter((row) => row.kind !== kind || row.key !== key)
  }

  /** The subject's row lives as long as the longest-lived thing that was ever said of it. */
  putSubject(subject: string, value: SubjectValue, expiresAt: number): void {
    const { value: old, expiresAt: until = 0 } = this.get('subject', subject) ?? {}
    this.put({
      kind: 'subject',
      key: subject,
      value: { ...old, ...value },
      expiresAt: Math.max(until, expiresAt),
    })
  }

  putSession(record: SessionRecord): void {
    this.put({ kind: 'session', key: record.id, value: record, expiresAt: record.expiresAt })
  }

  subject(subject: string): SubjectValue | undefined {
    return this.get('subject', subject)?.value
  }

  /** A session that its subject's epoch has not killed. */
  session(id: string): SessionRecord | undefined {
    const record = this.get('session', id)?.value
    if (!record) return undefined
    const { epoch = Number.POSITIVE_INFINITY } = this.subject(record.subject) ?? {}
    return record.epoch >= epoch ? record : undefined
  }

  /** The sessions of a subject that its epoch has not killed, idle ones included. */
  sessionsOf(subject: string): SessionRecord[] {
    const records = this.live('session').flatMap(({ key }) => this.session(key) ?? [])
    return records.filter((record) => record.subject === subject)
  }
}
