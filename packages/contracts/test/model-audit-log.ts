/** The audit contract as the shortest program that keeps it: one list, shared by all clients. */

import { type AuditLog, type AuditPlace, type AuditQuery, type AuditRecord, AuthError } from '@auth/core'

interface Row {
  readonly position: number
  readonly record: AuditRecord
}

/** The data, which any number of clients share. */
export interface AuditRows {
  rows: Row[]
  position: number
}

const matches = ({ subject, session, types, since, until }: AuditQuery, record: AuditRecord): boolean =>
  (subject === undefined || record.subject === subject) &&
  (session === undefined || record.session === session) &&
  (types === undefined || types.includes(record.type)) &&
  record.at >= (since ?? Number.NEGATIVE_INFINITY) &&
  record.at < (until ?? Number.POSITIVE_INFINITY)

const isNamed = (places: readonly AuditPlace[], { writer, number }: AuditRecord): boolean =>
  places.some((place) => place.writer === writer && place.number === number)

/** A client of the data. */
export const modelAuditLog = (data: AuditRows): AuditLog => {
  let isClosed = false
  const lastOf = (writer: string): number =>
    data.rows.findLast(({ record }) => record.writer === writer)?.record.number ?? 0
  const expectOpen = () => {
    if (isClosed) throw new AuthError('store_unavailable', 'The log is closed.')
  }
  return {
    append: async (batch) => {
      expectOpen()
      for (const record of batch) {
        if (record.number > lastOf(record.writer)) data.rows.push({ position: ++data.position, record })
      }
    },
    read: async (query) => {
      expectOpen()
      const { cursor, limit = 100, order = 'oldest' } = query
      if (cursor !== undefined && !/^\d+$/.test(cursor)) throw new AuthError('invalid_argument', 'no cursor')
      const isOldest = order === 'oldest'
      const from = Number(cursor ?? (isOldest ? 0 : data.position + 1))
      const rows = (isOldest ? data.rows : data.rows.toReversed())
        .filter(({ position }) => (isOldest ? position > from : position < from))
        .filter(({ record }) => matches(query, record))
        .slice(0, limit)
      return { records: rows.map(({ record }) => record), cursor: `${rows.at(-1)?.position ?? from}` }
    },
    heads: async () => {
      expectOpen()
      return [...new Set(data.rows.map(({ record }) => record.writer))].map((writer) => {
        const chain = data.rows.flatMap(({ record }) => (record.writer === writer ? [record] : []))
        const [first, last] = [chain[0], chain.at(-1)] as [AuditRecord, AuditRecord]
        return { writer, first: first.number, last: last.number, mac: last.mac }
      })
    },
    prune: async (through) => {
      expectOpen()
      data.rows = data.rows.filter(
        ({ record }) =>
          !through.some((place) => place.writer === record.writer && record.number <= place.number),
      )
    },
    erase: async (places) => {
      expectOpen()
      data.rows = data.rows.map((row) =>
        isNamed(places, row.record)
          ? { ...row, record: { ...row.record, subject: null, session: null, personal: null } }
          : row,
      )
    },
    close: async () => {
      isClosed = true
    },
  }
}
