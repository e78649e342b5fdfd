// @ts-check
/**
 * A complete `TokenStore` on SQLite: for one machine, and as many processes on it as you like. A model for a store on the
 * database you have. The promises it keeps, and why, are in docs/writing-a-store.md.
 */

import { parseSessionRecord, STORE_LIMITS } from '@auth/core'
import Database from 'libsql'

/** @import { FeedMark, Insertion, RevocationLife, Revoked, SessionMark, SessionRecord, SessionTarget, SubjectTarget, TokenStore } from '@auth/core' */
/**
 * @typedef {{ record: string, epoch: number, mark: string, id: string, position: number, revoked_at: number | null,
 *   idle: number, expires_at: number, text: string, version: number }} Row each query gives a part
 */
/** @typedef {Record<string, string | number | null>} Values for the names with an `@` */
/** @typedef {{ run(values: Values): { changes: number }, get(values: Values): Row | undefined, all(values: Values): Row[] }} Statement */

const HOUR = 3_600_000
/** Below the second that the calls of one flow share. A process that waits for the file longer than this gives up. */
const BUSY_TIMEOUT = 500

/**
 * The record as text is what counts; the columns beside it are what queries ask for. A session's row without a record is
 * its tombstone.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS auth_subject (
    subject TEXT PRIMARY KEY, epoch INTEGER NOT NULL, revoked_at INTEGER, expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS auth_session (
    id TEXT PRIMARY KEY, subject TEXT, epoch INTEGER, created_at INTEGER, rotated_at INTEGER, idle_expires_at INTEGER,
    expires_at INTEGER NOT NULL, record TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS auth_mark (
    position INTEGER PRIMARY KEY AUTOINCREMENT, about TEXT NOT NULL UNIQUE, expires_at INTEGER NOT NULL, mark TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS auth_document (name TEXT PRIMARY KEY, text TEXT NOT NULL, version INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS auth_once (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS auth_data_set (id TEXT NOT NULL) STRICT;
  INSERT INTO auth_data_set SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM auth_data_set);
  CREATE INDEX IF NOT EXISTS auth_session_of ON auth_session (subject, created_at);`
const TABLES = ['auth_subject', 'auth_session', 'auth_mark', 'auth_once']
const INDEXES = TABLES.map((table) => `CREATE INDEX IF NOT EXISTS ${table}_end ON ${table} (expires_at);`)

/** A session lives while it has not expired, its subject has a live row, and the epoch of that is not newer than its own. */
const LIVE = `auth_session AS s JOIN auth_subject AS u
  ON u.subject = s.subject AND u.epoch <= s.epoch AND u.expires_at > @now AND s.expires_at > @now`

/** @param {(sql: string) => Statement} prepare */
const statementsFrom = (prepare) => ({
  subject: prepare(
    'SELECT epoch, revoked_at FROM auth_subject WHERE subject = @subject AND expires_at > @now',
  ),
  // What an expired row knew is forgotten, whether or not it has been deleted yet.
  putSubject: prepare(`INSERT INTO auth_subject VALUES (@subject, @epoch, @revokedAt, @expiresAt)
    ON CONFLICT DO UPDATE SET epoch = excluded.epoch, expires_at = max(expires_at, excluded.expires_at),
      revoked_at = coalesce(excluded.revoked_at, iif(expires_at > @now, revoked_at, NULL))`),

  session: prepare(`SELECT s.record, u.epoch FROM ${LIVE} WHERE s.id = @id`),
  sessions: prepare(`SELECT s.record FROM ${LIVE} WHERE s.subject = @subject AND s.idle_expires_at > @now
    ORDER BY s.created_at DESC LIMIT ${STORE_LIMITS.listed}`),
  firstToGo: prepare(`SELECT s.id, s.idle_expires_at <= @now AS idle FROM ${LIVE} WHERE s.subject = @subject
    ORDER BY idle DESC, s.rotated_at`),
  tombstone: prepare('SELECT id FROM auth_session WHERE id = @id AND record IS NULL AND expires_at > @now'),
  putSession: prepare(`INSERT OR REPLACE INTO auth_session
    VALUES (@id, @subject, @epoch, @createdAt, @rotatedAt, @idleExpiresAt, @expiresAt, @json)`),
  removeSessions: prepare('DELETE FROM auth_session WHERE subject = @subject'),
  bury: prepare(`INSERT INTO auth_session (id, expires_at) VALUES (@id, @until) ON CONFLICT DO UPDATE SET
    expires_at = max(excluded.expires_at, iif(record IS NULL, expires_at, 0)), subject = NULL, record = NULL`),

  mark: prepare('SELECT mark, expires_at FROM auth_mark WHERE about = @about AND expires_at > @now'),
  // An older mark of the same target gives way, and the new one takes the next position.
  publish: prepare(
    'INSERT OR REPLACE INTO auth_mark (about, expires_at, mark) VALUES (@about, @expiresAt, @json)',
  ),
  marks: prepare(
    `SELECT mark, expires_at FROM auth_mark WHERE position > @from AND expires_at > @now ORDER BY position`,
  ),
  // AUTOINCREMENT remembers the last position ever given, also after its row is gone.
  end: prepare(`SELECT id, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'auth_mark'), 0) AS position
    FROM auth_data_set`),

  document: prepare('SELECT text, version FROM auth_document WHERE name = @name'),
  putDocument: prepare('INSERT OR REPLACE INTO auth_document VALUES (@name, @text, @version)'),
  remember: prepare(`INSERT INTO auth_once VALUES (@id, @expiresAt)
    ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at WHERE expires_at <= @now`),

  // Each write takes away more than it adds, so nothing piles up, and there is no timer to keep a process alive.
  purge: TABLES.map((table) =>
    prepare(`DELETE FROM ${table}
      WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at <= @now ORDER BY expires_at LIMIT 4)`),
  ),
})

/**
 * Opens the file, and creates it where it is missing.
 *
 * @param {string} file a path, or `:memory:`
 * @param {{ now?: () => number }} [options] `now`: the clock in milliseconds, for tests
 * @returns {Required<Omit<TokenStore, 'volatile' | 'warnings' | 'onMarks'>>}
 */
export const sqliteStore = (file, { now: clock = Date.now } = {}) => {
  const db = new Database(file, { timeout: BUSY_TIMEOUT })
  db.exec('PRAGMA journal_mode = WAL') // readers and the writer do not wait for each other
  db.exec('PRAGMA synchronous = FULL') // what has been revoked is still revoked after a power cut
  db.exec(`BEGIN IMMEDIATE; ${SCHEMA} ${INDEXES.join('')} COMMIT`)
  const sql = statementsFrom((text) => /** @type {Statement} */ (db.prepare(text)))
  let isOpen = true

  /**
   * The driver is synchronous: within this process nothing comes between BEGIN and COMMIT. It throws, too, and every
   * caller is an async function: what is thrown leaves as a rejection.
   *
   * @template T
   * @param {'DEFERRED' | 'IMMEDIATE'} kind
   * @param {(now: number) => T} work
   */
  const transaction = (kind, work) => {
    if (!isOpen) throw new Error('The store is closed.') // libsql would end the process
    db.exec(`BEGIN ${kind}`)
    try {
      const result = work(clock()) // read once, and after the wait for the lock
      db.exec('COMMIT')
      return result
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
  /** @template T @param {(now: number) => T} work */
  const reading = (work) => transaction('DEFERRED', work)
  /** @template T @param {(now: number) => T} work */
  const writing = (work) =>
    transaction('IMMEDIATE', (now) => {
      for (const purge of sql.purge) purge.run({ now })
      return work(now)
    })

  /** @param {string} subject @param {number} now */
  const epochOf = (subject, now) => sql.subject.get({ subject, now })?.epoch
  /** @param {string} subject @param {number} epoch @param {{ now: number, until: number, revokedAt?: number | null }} times */
  const putSubject = (subject, epoch, { now, until, revokedAt = null }) =>
    sql.putSubject.run({ subject, epoch, now, expiresAt: until, revokedAt })
  /** @param {string} json */
  const recordOf = (json) => parseSessionRecord(JSON.parse(json))
  /** A damaged row hides no other from a list. @param {Row} row */
  const readable = ({ record }) => {
    try {
      return [recordOf(record)]
    } catch {
      return []
    }
  }
  /** @param {string} id @param {number} now */
  const sessionOf = (id, now) => {
    const row = sql.session.get({ id, now })
    return row && { record: recordOf(row.record), epoch: row.epoch }
  }
  /** @param {SessionRecord} record */
  const putSession = (record) => {
    const { id, subject, epoch, createdAt, rotatedAt, idleExpiresAt, expiresAt } = record
    const json = JSON.stringify(record)
    sql.putSession.run({ id, subject, epoch, createdAt, rotatedAt, idleExpiresAt, expiresAt, json })
  }

  /** @param {Row} row @param {number} now @returns {FeedMark} */
  const given = ({ mark, expires_at }, now) => ({ ...JSON.parse(mark), lastsFor: expires_at - now })
  /** @param {string[]} about @param {number} now */
  const markOf = (about, now) => {
    const row = sql.mark.get({ about: JSON.stringify(about), now })
    return row && given(row, now)
  }
  /** @param {string[]} about @param {object} mark @param {{ now: number, lastsFor: number }} times */
  const publish = (about, mark, { now, lastsFor }) => {
    sql.publish.run({ about: JSON.stringify(about), expiresAt: now + lastsFor, json: JSON.stringify(mark) })
    return /** @type {FeedMark} */ ({ ...mark, lastsFor })
  }
  /** @param {FeedMark} mark */
  const asRevoked = (mark) => /** @type {Revoked['mark']} */ (mark)

  /** @param {SessionTarget} target @param {RevocationLife} life @param {number} now @returns {Revoked} */
  const revokeSession = ({ kind, sessionId, subject }, { markFor, tombstoneFor = 0 }, now) => {
    const session = sessionOf(sessionId, now)?.record
    const owner = session?.subject ?? subject
    if (subject !== undefined && owner !== subject) return { mark: null, changed: false }
    const about = [kind, sessionId]
    const mark =
      markOf(about, now) ?? publish(about, { kind, sessionId, subject: owner }, { now, lastsFor: markFor })
    sql.bury.run({ id: sessionId, until: now + tombstoneFor })
    return { mark: asRevoked(mark), changed: session !== undefined }
  }
  /** @param {SubjectTarget} target @param {number} markFor @param {number} now @returns {Revoked} */
  const revokeSubject = (target, markFor, now) => {
    const { kind, subject, keep } = target
    const epoch = Math.max(now, (epochOf(subject, now) ?? now) + 1)
    const kept = keep === undefined ? undefined : sessionOf(keep, now)?.record
    const mark = publish([kind, subject], { ...target, epoch }, { now, lastsFor: markFor })
    putSubject(subject, epoch, { now, until: now + markFor, revokedAt: now })
    sql.removeSessions.run({ subject })
    if (kept?.subject === subject) putSession({ ...kept, epoch, version: kept.version + 1 })
    return { mark: asRevoked(mark), changed: true }
  }
  /** @param {SessionRecord} record @param {number} now @returns {Insertion['outcome'] | undefined} */
  const refusalOf = (record, now) => {
    if (sql.tombstone.get({ id: record.id, now })) return 'revoked'
    if (sessionOf(record.id, now)) return 'taken'
    const subject = sql.subject.get({ subject: record.subject, now })
    const isOutdated = record.takeover !== undefined && record.authenticatedAt <= (subject?.revoked_at ?? -1)
    return isOutdated || record.epoch !== (subject?.epoch ?? record.epoch) || record.expiresAt <= now
      ? 'superseded'
      : undefined
  }

  return {
    insert: async (record, cap) =>
      writing((now) => {
        const { subject, epoch, expiresAt } = record
        const refused = refusalOf(record, now)
        if (refused) return { outcome: refused, evicted: [] }
        const sessions = sql.firstToGo.all({ subject, now })
        const surplus = sessions.slice(0, Math.max(0, sessions.length + 1 - cap.max))
        if (cap.whenFull === 'deny' && surplus.some(({ idle }) => !idle))
          return { outcome: 'full', evicted: [] }
        const evicted = surplus.map(({ id: sessionId }) => {
          const target = { kind: /** @type {const} */ ('session'), sessionId }
          return /** @type {SessionMark} */ (revokeSession(target, cap, now).mark)
        })
        putSubject(subject, epoch, { now, until: expiresAt })
        putSession(record)
        return { outcome: 'inserted', evicted }
      }),

    find: async (id) =>
      reading((now) => ({ record: null, epoch: Number.MAX_SAFE_INTEGER, ...sessionOf(id, now), now })),

    replace: async (record, expectedVersion) =>
      writing((now) => {
        const found = sessionOf(record.id, now)
        if (found?.record.version !== expectedVersion || record.epoch < found.epoch) return false
        putSession(record)
        return true
      }),

    list: async (subject) => reading((now) => sql.sessions.all({ subject, now }).flatMap(readable)),

    epoch: async (subject) =>
      writing((now) => {
        const epoch = epochOf(subject, now) ?? now
        putSubject(subject, epoch, { now, until: now + HOUR })
        return { epoch, now }
      }),

    revoke: async (target, life) =>
      writing((now) => {
        if (target.kind === 'subject') return revokeSubject(target, life.markFor, now)
        if (target.kind === 'session') return revokeSession(target, life, now)
        const about = [target.kind, target.sessionId, target.tokenId]
        const known = markOf(about, now)
        const mark = known ?? publish(about, target, { now, lastsFor: life.markFor })
        return { mark: asRevoked(mark), changed: known === undefined }
      }),

    isRevoked: async ({ tokenId, sessionId, subject, epoch }) =>
      reading(
        (now) =>
          epoch < (epochOf(subject, now) ?? Number.MAX_SAFE_INTEGER) ||
          sessionOf(sessionId, now) === undefined ||
          markOf(['token', sessionId, tokenId], now) !== undefined,
      ),

    marks: async (cursor = '') =>
      reading((now) => {
        const { id, position: end } = /** @type {Row} */ (sql.end.get({}))
        const [dataSet, position] = cursor.split(':')
        const isOurs = dataSet === id && Number(position) <= end
        const rows = sql.marks.all({ from: isOurs ? Number(position) : 0, now })
        return { marks: rows.map((row) => given(row, now)), cursor: `${id}:${end}` }
      }),

    document: async (name) =>
      reading((now) => {
        const { text, version } = sql.document.get({ name }) ?? { text: null, version: 0 }
        return { text, version, now }
      }),

    putDocument: async (name, text, expectedVersion) =>
      writing((now) => {
        const version = (sql.document.get({ name })?.version ?? 0) + 1
        if (version !== expectedVersion + 1) return false
        sql.putDocument.run({ name, text, version })
        const kind = 'document'
        publish([kind, name], { kind, name, version }, { now, lastsFor: STORE_LIMITS.markFor })
        return true
      }),

    remember: async (id, lastsFor) =>
      writing((now) => sql.remember.run({ id, expiresAt: now + lastsFor, now }).changes > 0),

    close: async () => {
      if (isOpen) db.close()
      isOpen = false
    },
  }
}
