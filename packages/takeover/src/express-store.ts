/** Stores of express-session as rows: its own with callbacks, connect-redis' keys, connect-pg-simple's table. */

import { dataOf, memberOf, parseData, type SessionData } from './session-data.js'

/** What is used of a store of express-session; every store of it has this. */
export interface ExpressStore {
  get(sid: string, done: (error: unknown, session?: unknown) => void): unknown
  destroy(sid: string, done?: (error?: unknown) => void): unknown
  touch?(sid: string, session: never, done?: (error?: unknown) => void): unknown
}

/** Rows of old sessions by their session ids. Methods reject where the store does not answer. */
export interface OldRows {
  get(sid: string, now: number): Promise<SessionData | null>
  destroy(sid: string): Promise<void>
  touch(sid: string, data: SessionData, now: number): Promise<void>
}

const called = (start: (done: (error?: unknown, value?: unknown) => void) => unknown): Promise<unknown> =>
  new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)))
  })

/** Stores on files say so of a session that is not there, and express-session takes it as such. */
const isAbsence = (error: unknown): boolean => memberOf(error, 'code') === 'ENOENT'

/** How long a session lives that is used now, in milliseconds; null where its cookie ends with the browser. */
const lifeOf = (data: SessionData): number | null => {
  const life = memberOf(memberOf(data, 'cookie'), 'originalMaxAge')
  return typeof life === 'number' && Number.isFinite(life) ? life : null
}

/** The session as express-session would hand it to `touch`: its cookie begins anew. */
const begunAnew = (data: SessionData, now: number): SessionData => {
  const life = lifeOf(data)
  const cookie = { ...dataOf(memberOf(data, 'cookie')), ...(life && { expires: new Date(now + life) }) }
  return { ...data, cookie }
}

/** Rows in a store of express-session. */
export const rowsOf = (store: ExpressStore): OldRows => ({
  get: async (sid) => {
    const absent = (error: unknown) => {
      if (isAbsence(error)) return null
      throw error
    }
    return dataOf(await called((done) => store.get(sid, done)).catch(absent))
  },
  destroy: async (sid) => void (await called((done) => store.destroy(sid, done))),
  touch: async (sid, data, now) => {
    const session = begunAnew(data, now) as never
    if (store.touch) await called((done) => store.touch?.(sid, session, done))
  },
})

/** What is used of a Redis client: ioredis and node-redis have it. */
export interface RedisLike {
  get(key: string): Promise<string | null>
  del(key: string): Promise<unknown>
  expire(key: string, seconds: number): Promise<unknown>
}

/** Rows as connect-redis writes them. `ttl` is for sessions whose cookie ends with the browser, in seconds. */
export const redisRows = (client: RedisLike, { prefix = 'sess:', ttl = 86_400 } = {}): OldRows => ({
  get: async (sid) => {
    const text = await client.get(prefix + sid)
    return text === null ? null : parseData(text)
  },
  destroy: async (sid) => void (await client.del(prefix + sid)),
  touch: async (sid, data) => {
    const life = lifeOf(data)
    await client.expire(prefix + sid, life === null ? ttl : Math.ceil(life / 1000))
  },
})

/** What is used of a PostgreSQL client: a `Pool` or `Client` of `pg`, and PGlite, have it. */
export interface PgLike {
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Where connect-pg-simple keeps its rows. */
export interface PgTable {
  readonly schemaName?: string
  readonly tableName?: string
  readonly ttl?: number
}

/** Rows as connect-pg-simple writes them. `ttl` is for sessions whose cookie ends with the browser, in seconds. */
export const pgRows = (
  client: PgLike,
  { schemaName, tableName = 'session', ttl = 86_400 }: PgTable,
): OldRows => {
  const table = [...(schemaName === undefined ? [] : [schemaName]), tableName].map(quoted).join('.')
  return {
    get: async (sid, now) => {
      const sql = `SELECT sess FROM ${table} WHERE sid = $1 AND expire >= to_timestamp($2)`
      const { rows } = await client.query(sql, [sid, Math.ceil(now / 1000)])
      const content = memberOf(rows[0], 'sess')
      return typeof content === 'string' ? parseData(content) : dataOf(content)
    },
    destroy: async (sid) => void (await client.query(`DELETE FROM ${table} WHERE sid = $1`, [sid])),
    touch: async (sid, data, now) => {
      const expire = Math.ceil((now + (lifeOf(data) ?? ttl * 1000)) / 1000)
      const sql = `UPDATE ${table} SET expire = to_timestamp($1) WHERE sid = $2 AND expire >= to_timestamp($3)`
      await client.query(sql, [expire, sid, Math.floor(now / 1000)])
    },
  }
}
