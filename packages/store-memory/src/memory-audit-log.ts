/** The in-process `AuditLog`: a list that dies with the process. */

import {
  AUDIT_LIMITS,
  type AuditHead,
  type AuditLog,
  type AuditPage,
  type AuditPlace,
  type AuditQuery,
  type AuditRecord,
  AuthError,
} from '@auth/core'

/** Options of `memoryAuditLog`. */
export interface MemoryAuditLogOptions {
  /** How many records it is made for; from twice as many on it refuses them. Default: 10000, some 10 MB. */
  readonly maxRecords?: number | undefined
}

interface Row {
  readonly position: number
  readonly record: AuditRecord
}

/** A condition that is not given holds. */
const isWanted = ({ subject, session, types, since, until }: AuditQuery, record: AuditRecord): boolean =>
  (subject === undefined || record.subject === subject) &&
  (session === undefined || record.session === session) &&
  (types === undefined || types.includes(record.type)) &&
  (since === undefined || record.at >= since) &&
  (until === undefined || record.at < until)

class MemoryAuditLog implements AuditLog {
  readonly maxRecords: number
  #rows: Row[] = []
  /** Position of the newest record that ever was. */
  #position = 0
  readonly #heads = new Map<string, AuditHead>()
  #isClosed = false

  constructor(maxRecords: number) {
    this.maxRecords = maxRecords
  }

  async append(batch: readonly AuditRecord[]): Promise<void> {
    this.#expectOpen()
    const news = batch.filter(({ writer, number }) => number > (this.#heads.get(writer)?.last ?? 0))
    if (this.#rows.length + news.length > 2 * this.maxRecords)
      throw new AuthError('store_unavailable', 'The audit log in memory is full.')
    for (const record of news) {
      this.#position += 1
      this.#rows.push({ position: this.#position, record: { ...record } })
      const { writer, number: last, mac } = record
      this.#heads.set(writer, { writer, first: this.#heads.get(writer)?.first ?? last, last, mac })
    }
  }

  async read(query: AuditQuery): Promise<AuditPage> {
    this.#expectOpen()
    const { cursor, limit = AUDIT_LIMITS.page, order = 'oldest' } = query
    if (cursor !== undefined && !/^\d{1,16}$/.test(cursor))
      throw new AuthError('invalid_argument', 'The cursor was not given by an audit log.')
    const isOldest = order === 'oldest'
    const from = Number(cursor ?? (isOldest ? 0 : this.#position + 1))
    const ahead = this.#rows.filter(({ position }) => (isOldest ? position > from : position < from))
    const found = (isOldest ? ahead : ahead.reverse()).filter(({ record }) => isWanted(query, record))
    const rows = found.slice(0, limit)
    return { records: rows.map(({ record }) => ({ ...record })), cursor: `${rows.at(-1)?.position ?? from}` }
  }

  async heads(): Promise<AuditHead[]> {
    this.#expectOpen()
    return [...this.#heads.values()]
  }

  async prune(through: readonly AuditPlace[]): Promise<void> {
    this.#expectOpen()
    const last = new Map(through.map(({ writer, number }) => [writer, number]))
    const isPruned = ({ writer, number }: AuditRecord) => number <= (last.get(writer) ?? 0)
    this.#rows = this.#rows.filter(({ record }) => !isPruned(record))
    for (const [writer, number] of last) {
      const head = this.#heads.get(writer)
      if (head && head.last <= number) this.#heads.delete(writer)
      else if (head) this.#heads.set(writer, { ...head, first: Math.max(head.first, number + 1) })
    }
  }

  async erase(places: readonly AuditPlace[]): Promise<void> {
    this.#expectOpen()
    const nameOf = ({ writer, number }: AuditPlace) => `${writer} ${number}`
    const names = new Set(places.map(nameOf))
    this.#rows = this.#rows.map(({ position, record }) =>
      names.has(nameOf(record))
        ? { position, record: { ...record, subject: null, session: null, personal: null } }
        : { position, record },
    )
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #expectOpen(): void {
    if (this.#isClosed) throw new AuthError('store_unavailable', 'The audit log in memory is closed.')
  }
}

/**
 * Creates an audit log that lives in this process: for development, tests, and servers whose events go elsewhere too.
 *
 * @throws AuthError `invalid_options`
 */
export const memoryAuditLog = (options: MemoryAuditLogOptions = {}): AuditLog => {
  const { maxRecords = 10_000, ...unknown } = options
  const problems = Object.keys(unknown).map((name) => `${name} is not an option; there is maxRecords`)
  if (!Number.isSafeInteger(maxRecords) || maxRecords < AUDIT_LIMITS.batch)
    problems.push(`maxRecords must be a whole number from ${AUDIT_LIMITS.batch} on`)
  if (problems.length > 0)
    throw new AuthError('invalid_options', `memoryAuditLog cannot work: ${problems.join('; ')}`)
  return new MemoryAuditLog(maxRecords)
}
