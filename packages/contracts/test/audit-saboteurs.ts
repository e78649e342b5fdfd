/** Saboteurs: audit logs that keep every promise of the port but one, each under the clause that must reject it. */

import type { AuditLog, AuditPage, AuditQuery, AuditRecord } from '@auth/core'

/** Gives the methods that break the promise; all others are the model's. */
type Sabotage = (inner: AuditLog) => Partial<AuditLog>

const readingAs =
  (change: (page: AuditPage, query: AuditQuery) => AuditPage): Sabotage =>
  (inner) => ({ read: async (query) => change(await inner.read(query), query) })
const asking =
  (change: (query: AuditQuery) => AuditQuery): Sabotage =>
  (inner) => ({ read: (query) => inner.read(change(query)) })
const appendingAs =
  (change: (batch: readonly AuditRecord[]) => readonly AuditRecord[]): Sabotage =>
  (inner) => ({ append: (batch) => inner.append(change(batch)) })
const changing = (change: (record: AuditRecord) => AuditRecord): Sabotage =>
  appendingAs((batch) => batch.map(change))
/** Answers a query by looking at everything, with another comparison. */
const finding =
  (holds: (query: AuditQuery, record: AuditRecord) => boolean): Sabotage =>
  (inner) => ({
    read: async (query) => {
      const { records, cursor } = await inner.read({ limit: 1000, cursor: query.cursor })
      return { records: records.filter((record) => holds(query, record)), cursor }
    },
  })

const isAbout = (query: AuditQuery, { subject, session, type, at }: AuditRecord): boolean =>
  (query.subject ?? subject) === subject &&
  (query.session ?? session) === session &&
  (query.types ?? [type]).includes(type) &&
  at >= (query.since ?? 0) &&
  at < (query.until ?? Number.MAX_VALUE)

/** By the name of the clause that must reject them: saboteurs by what is wrong with them. */
export const auditSaboteurs: Record<string, Record<string, Sabotage>> = {
  'every record comes back as it was given': {
    'strings lose the white space at their ends': changing((record) => ({
      ...record,
      subject: record.subject?.trim() ?? null,
    })),
    'data is parsed and written anew': changing((record) => ({
      ...record,
      data: JSON.stringify(JSON.parse(record.data), null, 1),
    })),
    'long data is cut': changing((record) => ({ ...record, data: record.data.slice(0, 4000) })),
    'NUL characters are dropped': changing((record) => ({
      ...record,
      subject: record.subject?.replaceAll('\u0000', '') ?? null,
    })),
  },
  'records are kept in the order in which they were appended': {
    'the log reorders': readingAs((page) => ({
      ...page,
      records: page.records.toSorted((a, b) => (a.mac < b.mac ? 1 : -1)),
    })),
    'a batch is written backwards': (inner) => ({
      append: async (batch) => {
        for (const record of batch.toReversed()) await inner.append([{ ...record, number: 1 }])
      },
    }),
    'writers are kept apart': readingAs((page) => ({
      ...page,
      records: page.records.toSorted((a, b) => (a.writer < b.writer ? 1 : -1)),
    })),
  },
  'no batch is dropped': {
    'the log drops silently under load': (inner) => {
      let underWay = 0
      return {
        append: async (batch) => {
          underWay += 1
          await Promise.resolve()
          if (underWay < 5) await inner.append(batch)
          underWay -= 1
        },
      }
    },
    'the log keeps the newest only': (inner) => ({
      append: async (batch) => {
        await inner.append(batch)
        const { records } = await inner.read({ limit: 1000 })
        if (records.length === 1000) await inner.prune(records.slice(0, 100))
      },
    }),
  },
  'a batch may come again': {
    'what comes again is entered again': (inner) => {
      const seen: AuditRecord[] = []
      return {
        append: async (batch) => {
          seen.push(...batch)
          await inner.append(batch)
        },
        read: async () => ({ records: seen, cursor: '0' }),
      }
    },
    'a batch that begins with a known record is left out': (inner) => ({
      append: async (batch) => {
        const { records } = await inner.read({ limit: 1000 })
        const known = records.some(({ mac }) => mac === batch[0]?.mac)
        if (!known) await inner.append(batch)
      },
    }),
  },
  'an append holds no caller up': {
    'an append throws at once': () => ({
      append: () => {
        throw new Error('down')
      },
    }),
    'an append waits for the next one': (inner) => {
      let release = () => {}
      return {
        append: async (batch) => {
          release()
          await inner.append(batch)
          await new Promise<void>((resolve) => {
            release = resolve
          })
        },
      }
    },
  },
  'what is under way when the log closes is kept': {
    'close loses what is under way': (inner) => {
      let isClosed = false
      return {
        append: async (batch) => {
          if (isClosed) throw new Error('closed')
          if (batch[0]?.number !== 1) await new Promise(setImmediate)
          if (!isClosed) await inner.append(batch)
        },
        close: async () => {
          isClosed = true
        },
      }
    },
    'a closed log takes more': () => ({ close: async () => undefined }),
  },
  'a subject is answered with its own records': {
    'another subject is answered as well': finding(
      (query, record) => query.subject === undefined || record.subject?.trim() === query.subject.trim(),
    ),
    'upper case is lower case': finding(
      (query, record) =>
        query.subject === undefined || record.subject?.toLowerCase() === query.subject.toLowerCase(),
    ),
    'every subject is answered': asking(({ subject: _, ...query }) => query),
    'the beginning of a subject is enough': finding(
      (query, record) => query.subject === undefined || record.subject?.startsWith(query.subject) === true,
    ),
  },
  'a session is answered with its own records': {
    'every session is answered': asking(({ session: _, ...query }) => query),
  },
  'types and times are bounds': {
    'types are not looked at': asking(({ types: _, ...query }) => query),
    'no type means every type': asking((query) =>
      query.types?.length === 0 ? { ...query, types: undefined } : query,
    ),
    'a type is found by its beginning': finding(
      (query, record) =>
        isAbout({ ...query, types: undefined }, record) &&
        (query.types === undefined || query.types.some((type) => record.type.startsWith(type))),
    ),
    'since is exclusive': finding((query, record) => isAbout(query, record) && record.at !== query.since),
    'until is inclusive': finding((query, record) =>
      isAbout({ ...query, until: query.until && query.until + 1 }, record),
    ),
    'one condition is enough': finding(
      ({ types, since, until }, record) =>
        isAbout({ types }, record) || (since !== undefined && isAbout({ since, until }, record)),
    ),
  },
  'pages follow each other': {
    'a page begins with the last record of the one before': readingAs((page, { cursor }) =>
      cursor === undefined || page.records.length === 0
        ? page
        : { ...page, cursor: String(Math.max(1, Number(page.cursor) - 1)) },
    ),
    'a page is short before the end': (inner) => ({
      read: async (query) => {
        const page = await inner.read({ ...query, limit: Math.min(query.limit ?? 100, 50) })
        return page
      },
    }),
    'the last page has no cursor to go on': readingAs((page, { limit = 100 }) =>
      page.records.length < limit ? { ...page, cursor: '999999' } : page,
    ),
  },
  'the newest can come first': {
    'the order is not looked at': asking(({ order: _, ...query }) => query),
    'each page is turned round, not the whole': (inner) => ({
      read: async ({ order = 'oldest', ...query }) => {
        const page = await inner.read(query)
        return order === 'oldest' ? page : { ...page, records: page.records.toReversed() }
      },
    }),
  },
  'a page has a hundred records where none is asked for': {
    'a page has everything': asking((query) => ({ ...query, limit: query.limit ?? 1000 })),
  },
  'a reader that follows writers misses nothing': {
    'positions are given before they can be seen': (inner) => {
      const shown: { readonly record: AuditRecord; readonly position: number }[] = []
      let given = 0
      return {
        append: async (batch) => {
          const begin = given
          given += batch.length
          await inner.append(batch)
          for (let turn = 0; turn < (begin * 7) % 19; turn += 1) await Promise.resolve()
          shown.push(...batch.map((record, at) => ({ record, position: begin + at + 1 })))
        },
        read: async ({ cursor = '0' }) => {
          const found = shown.filter(({ position }) => position > Number(cursor))
          const last = Math.max(Number(cursor), ...found.map(({ position }) => position))
          return { records: found.map(({ record }) => record), cursor: String(last) }
        },
      }
    },
  },
  'a foreign cursor is refused': {
    'a foreign cursor is the beginning': asking((query) =>
      /^\d+$/.test(query.cursor ?? '0') ? query : { ...query, cursor: undefined },
    ),
  },
  'heads are both ends of each chain': {
    'heads are the last writer only': (inner) => ({ heads: async () => (await inner.heads()).slice(-1) }),
    'heads have the MAC of the first record': (inner) => ({
      heads: async () => {
        const { records } = await inner.read({})
        const macOf = (writer: string) => records.find((record) => record.writer === writer)?.mac ?? ''
        return (await inner.heads()).map((head) => ({ ...head, mac: macOf(head.writer) }))
      },
    }),
  },
  'pruning removes what is named and nothing else': {
    'pruning does nothing': () => ({ prune: async () => undefined }),
    'the named record itself stays': (inner) => ({
      prune: (through) => inner.prune(through.map(({ writer, number }) => ({ writer, number: number - 1 }))),
    }),
    'other writers are pruned as well': (inner) => ({
      prune: async ([first]) => {
        const heads = await inner.heads()
        await inner.prune(heads.map(({ writer }) => ({ writer, number: first?.number ?? 0 })))
      },
    }),
    'heads go on from the first record that ever was': (inner) => ({
      heads: async () => (await inner.heads()).map((head) => ({ ...head, first: 1 })),
    }),
  },
  'a cursor outlives pruning': {
    'a cursor counts the records that are there': (inner) => ({
      read: async ({ cursor = '0', limit = 100 }) => {
        const { records } = await inner.read({ limit: 1000 })
        const page = records.slice(Number(cursor), Number(cursor) + limit)
        return { records: page, cursor: String(Number(cursor) + page.length) }
      },
    }),
  },
  'erasing takes the person out of the named records': {
    'erasing does nothing': () => ({ erase: async () => undefined }),
    'erasing removes the record': (inner) => ({
      erase: async (places) => {
        for (const place of places.slice(0, 1)) await inner.prune([place])
      },
    }),
    'everything up to the record is erased': (inner) => ({
      erase: async (places) => {
        const { records } = await inner.read({})
        await inner.erase(
          records.filter(({ writer, number }) =>
            places.some((place) => place.writer === writer && number <= place.number),
          ),
        )
      },
    }),
    'the subject stays in the index': (inner) => {
      const subjects = new Map<string, string | null>()
      return {
        append: async (batch) => {
          for (const { mac, subject } of batch) subjects.set(mac, subject)
          await inner.append(batch)
        },
        read: async ({ subject, ...query }) => {
          const page = await inner.read(query)
          const holds = ({ mac }: AuditRecord) => subject === undefined || subjects.get(mac) === subject
          return { ...page, records: page.records.filter(holds) }
        },
      }
    },
  },
  'what was erased does not come back': {
    'a record that comes again is written over the erased one': (inner) => {
      const again = new Map<string, AuditRecord>()
      return {
        append: async (batch) => {
          await inner.append(batch)
          for (const record of batch) again.set(record.mac, record)
        },
        read: async (query) => {
          const page = await inner.read(query)
          return { ...page, records: page.records.map((record) => again.get(record.mac) ?? record) }
        },
      }
    },
  },
}
