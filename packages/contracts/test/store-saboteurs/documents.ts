/** Saboteurs of the clauses about documents and one-time ids. */

import type { StoredDocument } from '@auth/core'
import { pause, type Sabotage, type Saboteurs } from './sabotage.js'

const documentsAs =
  (change: (document: StoredDocument, name: string) => Partial<StoredDocument>): Sabotage =>
  (inner) => ({
    document: async (name) => {
      const document = await inner.document(name)
      return { ...document, ...change(document, name) }
    },
  })

const namesAs =
  (change: (name: string) => string): Sabotage =>
  (inner) => ({
    document: (name) => inner.document(change(name)),
    putDocument: (name, text, expected) => inner.putDocument(change(name), text, expected),
  })

const idsAs =
  (change: (id: string) => string): Sabotage =>
  (inner) => ({ remember: (id, lastsFor) => inner.remember(change(id), lastsFor) })

const lastingAs =
  (change: (lastsFor: number) => number): Sabotage =>
  (inner) => ({ remember: (id, lastsFor) => inner.remember(id, change(lastsFor)) })

export const documentSaboteurs: Saboteurs = {
  'an unknown document has version 0': {
    'an unknown document is empty': documentsAs(({ text }) => ({ text: text ?? '' })),
    'versions begin at one': documentsAs(({ version }) => ({ version: version + 1 })),
    'documents have a clock in seconds': documentsAs(({ now }) => ({ now: Math.floor(now / 1000) })),
  },
  'a document is written in the next version': {
    'documents are cut': (inner) => ({
      putDocument: (name, text, expected) => inner.putDocument(name, text.slice(0, 65_535), expected),
    }),
    'an empty document counts as none': documentsAs(({ text }) => ({ text: text || null })),
    'there is one document': namesAs(() => 'one'),
    'documents are never written': () => ({ putDocument: async () => false }),
  },
  'a document refuses a stale version': {
    'versions are not compared': (inner) => ({
      putDocument: async (name, text) => inner.putDocument(name, text, (await inner.document(name)).version),
    }),
    'the first write is not compared': (inner) => ({
      putDocument: async (name, text, expected) => {
        const { version } = await inner.document(name)
        return inner.putDocument(name, text, version === 0 ? 0 : expected)
      },
    }),
    'a refused write is written': (inner) => ({
      putDocument: async (name, text, expected) => {
        if (await inner.putDocument(name, text, expected)) return true
        await inner.putDocument(name, text, (await inner.document(name)).version)
        return false
      },
    }),
  },
  'a document has one writer for each version': {
    'versions are compared, then written': (inner) => ({
      putDocument: async (name, text, expected) => {
        if ((await inner.document(name)).version !== expected) return false
        await pause()
        return inner.putDocument(name, text, (await inner.document(name)).version).then(() => true)
      },
    }),
  },
  'the feed reports each document that was written': {
    'documents are not in the feed': (inner) => ({
      marks: async (cursor) => {
        const page = await inner.marks(cursor)
        return { ...page, marks: page.marks.filter(({ kind }) => kind !== 'document') }
      },
    }),
    'the feed is about the version before': (inner) => ({
      marks: async (cursor) => {
        const page = await inner.marks(cursor)
        const marks = page.marks.map((mark) =>
          mark.kind === 'document' ? { ...mark, version: mark.version - 1 } : mark,
        )
        return { ...page, marks }
      },
    }),
    'a document has no life in the feed': (inner) => ({
      marks: async (cursor) => {
        const page = await inner.marks(cursor)
        return { ...page, marks: page.marks.map((mark) => ({ ...mark, lastsFor: 0 })) }
      },
    }),
  },
  'a document does not end': {
    'documents end after a year': (inner, now) => {
      const written = new Map<string, number>()
      return {
        putDocument: (name, text, expected) => {
          written.set(name, now())
          return inner.putDocument(name, text, expected)
        },
        document: async (name) => {
          const hasEnded = now() - (written.get(name) ?? now()) > 365 * 86_400_000
          return hasEnded ? { text: null, version: 0, now: now() } : inner.document(name)
        },
      }
    },
  },
  'a one-time id is taken once': {
    'every id is new': () => ({ remember: async () => true }),
    'no id is new': () => ({ remember: async () => false }),
    'an id is looked for, then remembered': (inner) => {
      const taken = new Set<string>()
      return {
        remember: async (id, lastsFor) => {
          if (taken.has(id)) return false
          await pause()
          taken.add(id)
          await inner.remember(id, lastsFor)
          return true
        },
      }
    },
  },
  'one-time ids are told apart': {
    'ids are cut after 254 characters': idsAs((id) => id.slice(0, 254)),
    'ids have no case': idsAs((id) => id.toLowerCase()),
    'ids lose blanks at their end': idsAs((id) => id.trimEnd()),
    'ids end at a NUL character': idsAs((id) => `${id.split('\u0000')[0]}`),
  },
  'a one-time id is forgotten on time': {
    'ids are never forgotten': lastingAs(() => Number.POSITIVE_INFINITY),
    'ids are forgotten a second early': lastingAs((lastsFor) => lastsFor - 1000),
    'asking for an id remembers it for longer': (_inner, now) => {
      const until = new Map<string, number>()
      return {
        remember: async (id, lastsFor) => {
          const isKnown = now() < (until.get(id) ?? 0)
          until.set(id, now() + lastsFor)
          return !isKnown
        },
      }
    },
  },
}
