// @ts-check
/**
 * A complete `TokenStore` on SQLite: for one machine, and as many processes on it as you like. A model for a store on the
 * database you have. The promises it keeps, and why, are in docs/writing-a-store.md.
 */

import { parseSessionRecord } from '@auth/core'
import Database from 'libsql'

/** @import { FeedMark, SessionRecord, SubjectMark, TokenStore } from '@auth/core' */
/** @typedef {{ record: string, epoch: number, mark: string, id: string, position: number }} Row each query gives a part */
/** @typedef {Record<string, string | number>} Values for the names with an `@` */
/** @typedef {{ run(values: Values): object, get(values: Values): Row | undefined, all(values: Values): Row[] }} Statement */

const HOUR = 3_600_000
/** Below the second that the calls of one flow share. A process that waits for the file longer than this gives up. */
const BUSY_TIMEOUT = 500

/** The record as text is what counts; the columns beside it are what queries ask for. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS auth_subject (
    subject TEXT PRIMARY KEY, epoch INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS auth_session (
    id TEXT PRIMARY KEY, subject TEXT NOT NULL, epoch INTEGER NOT NULL, created_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, record TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS auth_token (
    session_id TEXT NOT NULL, token_id TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (session_id, token_id)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS auth_feed (
    position INTEGER PRIMARY KEY AUTOINCREMENT, expires_at INTEGER NOT NULL, mark TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS auth_data_set (id TEXT NOT NULL) STRICT;
  INSERT INTO auth_data_set SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM auth_data_set);
  CREATE INDEX IF NOT EXISTS auth_session_of ON auth_session (subject, created_at);`
const TABLES = ['auth_subject', 'auth_session', 'auth_token', 'auth_feed']
const INDEXES = TABLES.map((table) => `CREATE INDEX IF NOT EXISTS ${table}_end ON ${table} (expires_at);`)

/** A session lives while it has not expired, its subject has a live row, and the epoch of that is not newer than its own. */
const LIVE = `auth_session AS s JOIN auth_subject AS u
  ON u.subject = s.subject AND u.epoch <= s.epoch AND u.expires_at > @now AND s.expires_at > @now`

/** @param {(sql: string) => Statement} prepare */
const statementsFrom = (prepare) => ({
  epoch: prepare('SELECT epoch FROM auth_subject WHERE subject = @subject AND expires_at > @now'),
  putSubject: prepare(`INSERT INTO auth_subject VALUES (@subject, @epoch, @expiresAt)
    ON CONFLICT DO UPDATE SET epoch = excluded.epoch, expires_at = max(expires_at, excluded.expires_at)`),

  session: prepare(`SELECT s.record, u.epoch FROM ${LIVE} WHERE s.id = @id`),
  sessions: prepare(`SELECT s.record FROM ${LIVE} WHERE s.subject = @subject AND s.idle_expires_at > @now
    ORDER BY s.created_at DESC LIMIT 100`),
  putSession: prepare(`INSERT OR REPLACE INTO auth_session
    VALUES (@id, @subject, @epoch, @createdAt, @idleExpiresAt, @expiresAt, @json)`),
  removeSession: prepare('DELETE FROM auth_session WHERE id = @id'),
  removeSessions: prepare('DELETE FROM auth_session WHERE subject = @subject'),

  token: prepare(`SELECT 1 FROM auth_token
    WHERE session_id = @sessionId AND token_id = @tokenId AND expires_at > @now`),
  putToken: prepare(`INSERT INTO auth_token VALUES (@sessionId, @tokenId, @expiresAt)
    ON CONFLICT DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`),

  publish: prepare('INSERT INTO auth_feed (expires_at, mark) VALUES (@expiresAt, @json)'),
  marks: prepare('SELECT mark FROM auth_feed WHERE position > @from AND expires_at > @now ORDER BY position'),
  // AUTOINCREMENT remembers the last position ever given, also after its row is gone.
  end: prepare(`SELECT id, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'auth_feed'), 0) AS position
    FROM auth_data_set`),

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
 * @returns {Required<Omit<TokenStore, 'volatile' | 'warnings'>>}
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
  const epochOf = (subject, now) => sql.epoch.get({ subject, now })?.epoch
  /** @param {string} json */
  const recordOf = (json) => parseSessionRecord(JSON.parse(json))
  /** @param {string} id @param {number} now */
  const sessionOf = (id, now) => {
    const row = sql.session.get({ id, now })
    return row && { record: recordOf(row.record), epoch: row.epoch }
  }
  /** @param {SessionRecord} record */
  const putSession = (record) => {
    const { id, subject, epoch, createdAt, idleExpiresAt, expiresAt } = record
    const json = JSON.stringify(record)
    sql.putSession.run({ id, subject, epoch, createdAt, idleExpiresAt, expiresAt, json })
  }
  /** @param {FeedMark} mark */
  const publish = (mark) => sql.publish.run({ expiresAt: mark.expiresAt, json: JSON.stringify(mark) })

  /** @param {SubjectMark} mark @param {number} now */
  const revokeSubject = (mark, now) => {
    const { subject, keep, expiresAt } = mark
    const epoch = Math.max(now, (epochOf(subject, now) ?? now) + 1)
    const kept = keep === undefined ? undefined : sessionOf(keep, now)?.record
    publish({ ...mark, epoch })
    sql.putSubject.run({ subject, epoch, expiresAt })
    sql.removeSessions.run({ subject })
    if (kept?.subject === subject) putSession({ ...kept, epoch, version: kept.version + 1 })
    return true
  }

  return {
    insert: async (record) =>
      writing((now) => {
        const { id, subject, epoch, expiresAt } = record
        if (expiresAt <= now || (epochOf(subject, now) ?? epoch) !== epoch || sessionOf(id, now)) return false
        sql.putSubject.run({ subject, epoch, expiresAt })
        putSession(record)
        return true
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

    list: async (subject) =>
      reading((now) => sql.sessions.all({ subject, now }).map(({ record }) => recordOf(record))),

    epoch: async (subject) =>
      writing((now) => {
        const epoch = epochOf(subject, now) ?? now
        sql.putSubject.run({ subject, epoch, expiresAt: now + HOUR })
        return { epoch, now }
      }),

    revoke: async (mark) =>
      writing((now) => {
        if (mark.kind === 'subject') return revokeSubject(mark, now)
        const { sessionId } = mark
        publish(mark)
        if (mark.kind === 'session') {
          const wasLive = sessionOf(sessionId, now) !== undefined
          sql.removeSession.run({ id: sessionId })
          return wasLive
        }
        const { tokenId, expiresAt } = mark
        const wasKnown = sql.token.get({ sessionId, tokenId, now }) !== undefined
        sql.putToken.run({ sessionId, tokenId, expiresAt })
        return !wasKnown
      }),

    isRevoked: async ({ tokenId, sessionId, subject, epoch }) =>
      reading(
        (now) =>
          epoch < (epochOf(subject, now) ?? Number.MAX_SAFE_INTEGER) ||
          sessionOf(sessionId, now) === undefined ||
          sql.token.get({ sessionId, tokenId, now }) !== undefined,
      ),

    marks: async (cursor = '') =>
      reading((now) => {
        const { id, position: end } = /** @type {Row} */ (sql.end.get({}))
        const [dataSet, position] = cursor.split(':')
        const isOurs = dataSet === id && Number(position) <= end
        const rows = sql.marks.all({ from: isOurs ? Number(position) : 0, now })
        return { marks: rows.map(({ mark }) => JSON.parse(mark)), cursor: `${id}:${end}` }
      }),

    close: async () => {
      if (isOpen) db.close()
      isOpen = false
    },
  }
}
