import type { RevocationMark, SessionRecord, TokenStore } from '../../src/index.js'
import { type ModelStore, modelStore } from '../../src/testing/index.js'

type Sabotage = (inner: ModelStore, now: () => number) => Partial<TokenStore>

/** Stores that keep every promise of the port but one. */
const SABOTAGES: Record<string, Sabotage> = {
  'insert overwrites': (inner) => ({
    insert: async (record) => {
      const { record: old } = await inner.find(record.id)
      return old ? inner.replace({ ...record, version: old.version }, old.version) : inner.insert(record)
    },
  }),
  'insert keeps the reference': (inner) => {
    const given = new Map<string, SessionRecord>()
    return {
      insert: async (record) => {
        const created = await inner.insert(record)
        if (created) given.set(record.id, record)
        return created
      },
      find: async (id) => {
        const found = await inner.find(id)
        return found.record?.version === 1 ? { ...found, record: given.get(id) ?? found.record } : found
      },
    }
  },
  'insert forgets data': (inner) => ({
    insert: ({ data: _lost, ...record }) => inner.insert(record),
  }),
  'insert accepts the expired': (inner) => ({
    insert: async (record) => (await inner.insert(record)) || record.expiresAt <= record.createdAt,
  }),
  'insert ignores the epoch': (inner) => ({
    insert: async (record) => {
      const { epoch } = await inner.epoch(record.subject)
      return inner.insert({ ...record, epoch: Math.max(epoch, record.epoch) })
    },
  }),
  'find throws for strangers': (inner) => ({
    find: async (id) => {
      const found = await inner.find(id)
      if (!found.record && !id.includes('.')) throw new Error('bad id')
      return found
    },
  }),
  'find reports epoch 0 for strangers': (inner) => ({
    find: async (id) => {
      const found = await inner.find(id)
      return found.record ? found : { ...found, epoch: 0 }
    },
  }),
  'find has a clock in seconds': (inner) => ({
    find: async (id) => {
      const found = await inner.find(id)
      return { ...found, now: Math.floor(found.now / 1000) }
    },
  }),
  'replace reports success and does nothing': () => ({
    replace: async () => true,
  }),
  'replace always fails': () => ({
    replace: async () => false,
  }),
  'replace does not compare': (inner) => ({
    replace: async (record) => inner.replace(record, (await inner.find(record.id)).record?.version ?? 0),
  }),
  'replace checks, then acts': (inner) => ({
    replace: async (record, expected) => {
      const { record: current } = await inner.find(record.id)
      if (current?.version !== expected) return false
      await Promise.resolve()
      await inner.replace(record, (await inner.find(record.id)).record?.version ?? 0)
      return true
    },
  }),
  'replace creates': (inner) => ({
    replace: async (record, expected) => (await inner.replace(record, expected)) || inner.insert(record),
  }),
  'replace ignores the epoch': (inner) => ({
    replace: async (record, expected) =>
      (await inner.replace(record, expected)) ||
      record.version > expected + 5 ||
      record.epoch < (await inner.epoch(record.subject)).epoch,
  }),
  'replace revives': (inner) => {
    const revoked = new Map<string, SessionRecord>()
    return {
      revoke: async (mark) => {
        const { record } = mark.kind === 'session' ? await inner.find(mark.sessionId) : { record: null }
        if (record) revoked.set(record.id, record)
        return inner.revoke(mark)
      },
      replace: async (record, expected) => {
        return (
          (await inner.replace(record, expected)) ||
          (revoked.get(record.id)?.version === expected && inner.insert(record))
        )
      },
    }
  },
  'replace extends the session': (inner) => ({
    replace: (record, expected) => inner.replace({ ...record, idleExpiresAt: record.expiresAt }, expected),
  }),
  'list is oldest first': (inner) => ({
    list: async (subject) => [...(await inner.list(subject))].reverse(),
  }),
  'list is empty': () => ({
    list: async () => [],
  }),
  'list shows the idle': (inner) => {
    const known = new Map<string, string>()
    return {
      insert: async (record) => {
        known.set(record.id, record.subject)
        return inner.insert(record)
      },
      list: async (subject) => {
        const ids = [...known].filter(([, owner]) => owner === subject).map(([id]) => id)
        const found = await Promise.all(ids.map(async (id) => (await inner.find(id)).record ?? []))
        return found
          .flat()
          .sort((a, b) => b.createdAt - a.createdAt)
          .slice(0, 100)
      },
    }
  },
  'list has no cap': (inner) => {
    const known = new Set<string>()
    return {
      insert: async (record) => {
        known.add(record.id)
        return inner.insert(record)
      },
      list: async (subject) => {
        const now = (await inner.epoch(subject)).now
        const found = await Promise.all([...known].map(async (id) => (await inner.find(id)).record ?? []))
        const own = found.flat().filter((record) => record.subject === subject && now < record.idleExpiresAt)
        return own.sort((a, b) => b.createdAt - a.createdAt)
      },
    }
  },
  'subjects are cut short': (inner) => {
    const short = (subject: string) => subject.slice(-27)
    return {
      insert: (record) => inner.insert({ ...record, subject: short(record.subject) }),
      list: (subject) => inner.list(short(subject)),
      epoch: (subject) => inner.epoch(short(subject)),
    }
  },
  'revoke does nothing': () => ({
    revoke: async () => true,
  }),
  'revoke always reports a change': (inner) => ({
    revoke: async (mark) => {
      await inner.revoke(mark)
      return true
    },
  }),
  'revoke never reports a change': (inner) => ({
    revoke: async (mark) => {
      await inner.revoke(mark)
      return false
    },
  }),
  'revoking a session revokes its subject': (inner) => ({
    revoke: async (mark) => {
      const { record } = mark.kind === 'session' ? await inner.find(mark.sessionId) : { record: null }
      if (record) await inner.revoke({ kind: 'subject', subject: record.subject, expiresAt: mark.expiresAt })
      return (await inner.revoke(mark)) || record !== null
    },
  }),
  'revoking a token revokes its session': (inner) => ({
    revoke: async (mark) => {
      const changed = await inner.revoke(mark)
      if (mark.kind === 'token') await inner.revoke({ ...mark, kind: 'session' })
      return changed
    },
  }),
  'revoking a subject skips the unknown': (inner) => ({
    revoke: async (mark) => {
      if (mark.kind === 'subject' && (await inner.list(mark.subject)).length === 0) return true
      return inner.revoke(mark)
    },
  }),
  'revoking a subject keeps nobody': (inner) => ({
    revoke: (mark) => {
      if (mark.kind !== 'subject') return inner.revoke(mark)
      const { keep: _ignored, ...all } = mark
      return inner.revoke(all)
    },
  }),
  'revoking a subject keeps the version': (inner) => ({
    revoke: async (mark) => {
      const changed = await inner.revoke(mark)
      const kept = mark.kind === 'subject' && mark.keep ? (await inner.find(mark.keep)).record : null
      if (kept) await inner.replace({ ...kept, version: kept.version - 1 }, kept.version)
      return changed
    },
  }),
  'epochs are the clock': (inner, now) => ({
    epoch: async (subject) => ({ ...(await inner.epoch(subject)), epoch: now() }),
  }),
  'epochs begin at zero': (inner) => ({
    epoch: async (subject) => {
      const state = await inner.epoch(subject)
      return state.epoch === state.now ? { ...state, epoch: 0 } : state
    },
  }),
  'asking for an epoch is forgotten': (inner, now) => {
    const inserted = new Set<string>()
    return {
      insert: async (record) => {
        inserted.add(record.subject)
        return inner.insert({ ...record, epoch: (await inner.epoch(record.subject)).epoch })
      },
      epoch: async (subject) => (inserted.has(subject) ? inner.epoch(subject) : { epoch: now(), now: now() }),
    }
  },
  'epochs may lie ahead': (inner) => ({
    insert: async (record) => {
      const { epoch } = await inner.epoch(record.subject)
      return inner.insert({ ...record, epoch: Math.min(record.epoch, epoch) })
    },
  }),
  'strangers can be kept': (inner) => ({
    revoke: async (mark) => {
      const kept = mark.kind === 'subject' && mark.keep ? (await inner.find(mark.keep)).record : null
      const changed = await inner.revoke(mark)
      if (kept && mark.kind === 'subject' && kept.subject !== mark.subject) {
        await inner.replace({ ...kept, version: kept.version + 1 }, kept.version)
      }
      return changed
    },
  }),
  'nothing is revoked': () => ({
    isRevoked: async () => false,
  }),
  'everything is revoked': () => ({
    isRevoked: async () => true,
  }),
  'a missing row is no revocation': (inner) => ({
    isRevoked: async (query) => (await inner.find(query.sessionId)).record !== null && inner.isRevoked(query),
  }),
  'token marks are ignored': (inner) => ({
    isRevoked: (query) => inner.isRevoked({ ...query, tokenId: `not ${query.tokenId}` }),
  }),
  'epochs of tokens are ignored': (inner) => ({
    isRevoked: (query) => inner.isRevoked({ ...query, epoch: Number.MAX_SAFE_INTEGER }),
  }),
  'the feed is empty': () => ({
    marks: async () => ({ marks: [], cursor: '0' }),
  }),
  'the feed repeats itself': (inner) => ({
    marks: () => inner.marks(),
  }),
  'the feed loses what has no row': (inner) => ({
    revoke: async (mark) => {
      if (mark.kind === 'session' && (await inner.find(mark.sessionId)).record === null) return false
      return inner.revoke(mark)
    },
  }),
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
  'the feed skips under load': (inner) => {
    let pending: RevocationMark[] = []
    return {
      revoke: async (mark) => {
        pending = [...pending, mark]
        await Promise.resolve()
        const crowded = pending.length > 3
        pending = pending.filter((other) => other !== mark)
        if (!crowded || mark.kind !== 'session') return inner.revoke(mark)
        const { record } = await inner.find(mark.sessionId)
        return record !== null && inner.revoke({ ...mark, expiresAt: 0 })
      },
    }
  },
  'a foreign cursor is the end of the feed': (inner) => ({
    marks: async (cursor) => {
      const all = await inner.marks()
      return cursor === undefined || Number(cursor) <= Number(all.cursor)
        ? inner.marks(cursor)
        : { ...all, marks: [] }
    },
  }),
  'the feed has no epochs': (inner) => ({
    marks: async (cursor) => {
      const page = await inner.marks(cursor)
      return { ...page, marks: page.marks.map((mark) => ({ ...mark, epoch: 0 })) as typeof page.marks }
    },
  }),
  'sessions end a second early': (inner) => ({
    insert: (record) => inner.insert({ ...record, expiresAt: record.expiresAt - 1000 }),
  }),
  'sessions never end': (inner) => ({
    insert: async (record) =>
      record.expiresAt > record.createdAt && inner.insert({ ...record, expiresAt: record.expiresAt * 2 }),
    find: async (id) => {
      const found = await inner.find(id)
      return found.record
        ? { ...found, record: { ...found.record, expiresAt: found.record.expiresAt / 2 } }
        : found
    },
  }),
  'rows end when idle': (inner) => ({
    find: async (id) => {
      const found = await inner.find(id)
      const idle = found.record && found.record.idleExpiresAt <= found.now
      return idle ? { ...found, record: null, epoch: Number.MAX_SAFE_INTEGER } : found
    },
  }),
  'subjects live as long as their last session': (inner, now) => {
    const ends = new Map<string, number>()
    return {
      insert: async (record) => {
        ends.set(record.subject, record.expiresAt)
        return inner.insert(record)
      },
      epoch: async (subject) => {
        const state = await inner.epoch(subject)
        return (ends.get(subject) ?? Number.POSITIVE_INFINITY) <= now()
          ? { ...state, epoch: state.now }
          : state
      },
    }
  },
  'marks end early': (inner) => ({
    revoke: (mark) => inner.revoke({ ...mark, expiresAt: mark.expiresAt - 60_000 }),
  }),
  'subjects end with their mark': (inner, now) => {
    const marked = new Map<string, number>()
    return {
      revoke: async (mark) => {
        if (mark.kind === 'subject') marked.set(mark.subject, mark.expiresAt)
        return inner.revoke(mark)
      },
      insert: async (record) => {
        const ended = (marked.get(record.subject) ?? Number.POSITIVE_INFINITY) <= now()
        return (await inner.insert(record)) || ended
      },
    }
  },
}

/** The saboteurs by name, each with a clock of its own. */
export const saboteurs = Object.entries(SABOTAGES).map(([name, sabotage]) => ({
  name,
  open: (now: () => number): TokenStore => {
    const inner = modelStore(now)
    return { ...inner, ...sabotage(inner, now) }
  },
}))
