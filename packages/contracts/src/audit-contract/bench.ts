/** The few words in which clauses of the audit contract are written. */

import type { AuditLog, AuditPage, AuditQuery, AuditRecord } from '@auth/core'

/** A log under test, empty when the clause begins. */
export interface AuditLogUnderTest {
  /** The log to be checked. */
  readonly log: AuditLog
  /** A second client of the same data, as another process would have. Default: `log` itself. */
  readonly other?: AuditLog
}

/** What a clause works with. */
export interface AuditBench extends Required<AuditLogUnderTest> {
  /** Draws a writer. */
  writer(): Writer
}

/** Draws the records of one chain. Their MACs are no real ones: a log does not look at them. */
export interface Writer {
  readonly name: string
  /** The next record. */
  next(changes?: Partial<AuditRecord>): AuditRecord
  /** So many next records. */
  some(count: number, changes?: Partial<AuditRecord>): AuditRecord[]
}

/** When the records of clauses that do not say happened, in milliseconds. */
export const THEN = Date.UTC(2026, 0, 1)

let drawn = 0
const text = (length: number): string => {
  drawn += 1
  const random = crypto.randomUUID().replaceAll('-', '')
  return `${drawn.toString(36)}${random}${random}`.slice(0, length)
}

const writer = (): Writer => {
  const name = text(22)
  let number = 0
  let mac = ''
  const next: Writer['next'] = (changes = {}) => {
    const previous = mac
    number += 1
    mac = text(43)
    const about = {
      subject: null,
      session: null,
      data: '{"result":"success"}',
      personal: null,
      commitment: '',
    }
    return {
      writer: name,
      number,
      at: THEN,
      type: 'login',
      ...about,
      key: 'key-of-test',
      previous,
      mac,
      ...changes,
    }
  }
  return { name, next, some: (count, changes) => Array.from({ length: count }, () => next(changes)) }
}

/** What a record about a subject has more than others. */
export const about = (subject: string, session: string | null = null) => ({
  subject,
  session,
  personal: JSON.stringify({ salt: text(22), subject, ...(session === null ? {} : { sessionId: session }) }),
  commitment: text(43),
})

/** Names records: what a clause compares. */
export const namesOf = (records: readonly AuditRecord[]): string[] =>
  records.map(({ writer, number }) => `${writer} ${number}`)

/** More pages than any clause needs: a log whose cursor never comes to an end is stopped here. */
const MOST_PAGES = 500

/** Every record that a query finds, page by page. */
export const allOf = async (log: AuditLog, query: AuditQuery = {}): Promise<AuditRecord[]> => {
  const records: AuditRecord[] = []
  const limit = query.limit ?? 100
  let cursor: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page: AuditPage = await log.read({ ...query, ...(cursor === undefined ? {} : { cursor }) })
    records.push(...page.records)
    if (page.records.length < limit) return records
    cursor = page.cursor
  }
  throw new Error(`${MOST_PAGES} pages were read, and there was one more`)
}

/** Sets the bench up. */
export const auditBenchOf = ({ log, other = log }: AuditLogUnderTest): AuditBench => ({ log, other, writer })
