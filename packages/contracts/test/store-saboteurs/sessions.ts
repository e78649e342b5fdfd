/** Saboteurs of the clauses about rows and stored values. */

import type { SessionRecord, TokenStore } from '@auth/core'
import type { ModelStore } from '../../src/index.js'
import { INSERTED, isInserted, pause, type Sabotage, type Saboteurs } from './sabotage.js'

const byCreation = (a: SessionRecord, b: SessionRecord) => b.createdAt - a.createdAt

/** Lists the sessions that were ever inserted for a subject and are still found. */
const listing =
  (keep: (records: SessionRecord[], now: number) => SessionRecord[]): Sabotage =>
  (inner, now) => {
    const known = new Map<string, string>()
    return {
      insert: async (record, cap) => {
        known.set(record.id, record.subject)
        return inner.insert(record, cap)
      },
      list: async (subject) => {
        const ids = [...known].filter(([, owner]) => owner === subject).map(([id]) => id)
        const found = await Promise.all(ids.map(async (id) => (await inner.find(id)).record ?? []))
        return keep(found.flat().sort(byCreation), now())
      },
    }
  }

/** Sees other strings in place of subjects. */
const subjectsAs =
  (change: (subject: string) => string): Sabotage =>
  (inner) => ({
    insert: (record, cap) => inner.insert({ ...record, subject: change(record.subject) }, cap),
    list: (subject) => inner.list(change(subject)),
    epoch: (subject) => inner.epoch(change(subject)),
  })

/** Changes records on their way into the store. */
const insertingAs =
  (change: (record: SessionRecord) => SessionRecord): Sabotage =>
  (inner) => ({ insert: (record, cap) => inner.insert(change(record), cap) })

const LATER_FIELDS = ['sealedBy', 'scopes', 'laterStill']

const known = (record: SessionRecord): SessionRecord =>
  Object.fromEntries(
    Object.entries(record).filter(([name]) => !LATER_FIELDS.includes(name)),
  ) as unknown as SessionRecord

const isForeign = (record: SessionRecord) => LATER_FIELDS.some((name) => name in record)

const throughJson = (change: (value: unknown) => unknown) => (record: SessionRecord) =>
  JSON.parse(JSON.stringify(record, (_key, value) => change(value))) as SessionRecord

const keptAs =
  (change: (record: SessionRecord) => SessionRecord): Sabotage =>
  (inner) => ({
    revoke: async (target, life) => {
      const answer = await inner.revoke(target, life)
      const kept = target.kind === 'subject' && target.keep ? (await inner.find(target.keep)).record : null
      if (kept) await inner.replace(change(kept), kept.version)
      return answer
    },
  })

const findsAs =
  (change: (found: Awaited<ReturnType<TokenStore['find']>>, id: string) => object): Sabotage =>
  (inner: ModelStore) => ({
    find: async (id) => {
      const found = await inner.find(id)
      return { ...found, ...change(found, id) }
    },
  })

export const sessionSaboteurs: Saboteurs = {
  'insert stores the whole record': {
    'insert forgets data': insertingAs(({ data: _lost, ...record }) => record),
  },
  'stored records are copies': {
    'insert keeps the reference': (inner) => {
      const given = new Map<string, SessionRecord>()
      return {
        insert: async (record, cap) => {
          const insertion = await inner.insert(record, cap)
          if (insertion.outcome === 'inserted') given.set(record.id, record)
          return insertion
        },
        find: async (id) => {
          const found = await inner.find(id)
          return found.record?.version === 1 ? { ...found, record: given.get(id) ?? found.record } : found
        },
      }
    },
  },
  'insert refuses a taken id': {
    'insert overwrites': (inner) => ({
      insert: async (record, cap) => {
        const { record: old } = await inner.find(record.id)
        if (!old) return inner.insert(record, cap)
        await inner.replace({ ...record, version: old.version }, old.version)
        return INSERTED
      },
    }),
  },
  'insert refuses an expired session': {
    'insert accepts the expired': (inner) => ({
      insert: async (record, cap) => {
        const insertion = await inner.insert(record, cap)
        return record.expiresAt <= record.createdAt ? INSERTED : insertion
      },
    }),
  },
  'an unknown session is not found': {
    'find throws for an empty id': findsAs((_found, id) => {
      if (id === '') throw new Error('bad id')
      return {}
    }),
    'find reports epoch 0 for the unknown': findsAs(({ record }) => (record ? {} : { epoch: 0 })),
    'find has a clock in seconds': findsAs(({ now, record }, id) =>
      record || id === '' ? {} : { now: Math.floor(now / 1000) },
    ),
  },
  'replace stores the new record': {
    'replace reports success and does nothing': () => ({ replace: async () => true }),
    'replace always fails': () => ({ replace: async () => false }),
  },
  'replace refuses a stale version': {
    'replace does not compare': (inner) => ({
      replace: async (record) => inner.replace(record, (await inner.find(record.id)).record?.version ?? 0),
    }),
  },
  'replace has one winner': {
    'replace checks, then acts': (inner) => ({
      replace: async (record, expected) => {
        const { record: current } = await inner.find(record.id)
        if (current?.version !== expected) return false
        await pause()
        await inner.replace(record, (await inner.find(record.id)).record?.version ?? 0)
        return true
      },
    }),
  },
  'replace creates no session': {
    'replace creates': (inner) => ({
      replace: async (record, expected) =>
        (await inner.replace(record, expected)) || isInserted(inner, record),
    }),
    'replace creates in silence': (inner) => ({
      replace: async (record, expected) => {
        const isKnown = (await inner.find(record.id)).record !== null
        if (!isKnown) await isInserted(inner, record)
        return isKnown && inner.replace(record, expected)
      },
    }),
  },
  'list gives every live session of the subject': {
    'list is oldest first': (inner) => ({
      list: async (subject) => [...(await inner.list(subject))].reverse(),
    }),
    'list is empty': () => ({ list: async () => [] }),
    'list stops at one': (inner) => ({ list: async (subject) => (await inner.list(subject)).slice(0, 1) }),
  },
  'list leaves out revoked and idle sessions': {
    'list shows the idle': listing((records) => records.slice(0, 100)),
  },
  'list gives at most 100 sessions': {
    'list has no cap': listing((records, now) => records.filter(({ idleExpiresAt }) => now < idleExpiresAt)),
    'list shows the oldest hundred': listing((records, now) =>
      records.filter(({ idleExpiresAt }) => now < idleExpiresAt).slice(-100),
    ),
  },
  'identifiers are opaque strings': {
    'find throws for ids without a partition': findsAs(({ record }, id) => {
      if (!record && !id.includes('.') && id !== '') throw new Error('bad id')
      return {}
    }),
    'subjects are cut short': subjectsAs((subject) => subject.slice(-41)),
    'subjects have no case': subjectsAs((subject) => subject.toLowerCase()),
    'subjects lose blanks at their end': subjectsAs((subject) => subject.trimEnd()),
  },
  'identifiers of the full length are told apart': {
    'subjects are cut after 254 characters': subjectsAs((subject) => subject.slice(0, 254)),
    'session ids are cut after 254 characters': (inner) => ({
      insert: (record, cap) => inner.insert({ ...record, id: record.id.slice(0, 254) }, cap),
      find: (id) => inner.find(id.slice(0, 254)),
    }),
    'token ids are cut after 254 characters': (inner) => {
      const cut = <T extends object>(asked: T) =>
        'tokenId' in asked ? { ...asked, tokenId: `${asked.tokenId}`.slice(0, 254) } : asked
      return {
        revoke: (target, life) => inner.revoke(cut(target), life),
        isRevoked: (query) => inner.isRevoked(cut(query)),
      }
    },
  },
  'data of the full size comes back': {
    'data is dropped above 2000 characters': insertingAs((record) => {
      if (JSON.stringify(record.data ?? {}).length <= 2000) return record
      const { data: _large, ...rest } = record
      return rest
    }),
  },
  'fields of other releases come back': {
    'insert drops unknown fields': insertingAs(known),
    'replace drops unknown fields': (inner) => ({
      replace: (record, expected) => inner.replace(known(record), expected),
    }),
    'the move to a new epoch drops unknown fields': keptAs(known),
    'the move to a new epoch turns empty lists into objects': keptAs(
      throughJson((value) => (Array.isArray(value) && value.length === 0 ? {} : value)),
    ),
    'the move to a new epoch rounds numbers to 14 digits': keptAs(
      throughJson((value) => (typeof value === 'number' ? Number(value.toPrecision(14)) : value)),
    ),
    'list drops unknown fields': (inner) => ({
      list: async (subject) => (await inner.list(subject)).map(known),
    }),
  },
  'list shows records of other releases beside its own': {
    'list leaves out records of other releases': (inner) => ({
      list: async (subject) => (await inner.list(subject)).filter((record) => !isForeign(record)),
    }),
    'list fails over a record of another release': (inner) => ({
      list: async (subject) => {
        const records = await inner.list(subject)
        if (records.some(isForeign)) throw new Error('unreadable row')
        return records
      },
    }),
  },
}
