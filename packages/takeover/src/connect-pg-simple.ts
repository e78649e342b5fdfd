/** The reader of express-session over connect-pg-simple 8 to 10, by a PostgreSQL client alone. */

import { type ExpressSessionSettings, expressReader } from './express-session.js'
import { type PgLike, type PgTable, pgRows } from './express-store.js'
import type { TakeoverReader } from './takeover-reader.js'

/** Options of {@link connectPgSimple}. */
export interface ConnectPgSimpleOptions<Id = string> extends ExpressSessionSettings<Id>, PgTable {
  /** A `Pool` or `Client` of `pg`, or what has its `query`. */
  readonly pool: PgLike
  /** The `schemaName` of connect-pg-simple. Default: none. */
  readonly schemaName?: string
  /** The `tableName` of connect-pg-simple. Default: `session`. */
  readonly tableName?: string
  /** The `ttl` of connect-pg-simple, in seconds. Default: 86400. */
  readonly ttl?: number
}

/**
 * Reads the sessions of express-session that connect-pg-simple keeps. The package connect-pg-simple is not needed.
 *
 * @throws AuthError `invalid_options`
 */
export const connectPgSimple = <Id = string>(options: ConnectPgSimpleOptions<Id>): TakeoverReader =>
  expressReader(pgRows(options.pool, options), options, 'connectPgSimple')
