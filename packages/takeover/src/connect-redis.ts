/** The reader of express-session over connect-redis 7 to 10, by a Redis client alone. */

import { type ExpressSessionSettings, expressReader } from './express-session.js'
import { type RedisLike, redisRows } from './express-store.js'
import type { TakeoverReader } from './takeover-reader.js'

/** Options of {@link connectRedis}. */
export interface ConnectRedisOptions<Id = string> extends ExpressSessionSettings<Id> {
  /** A client of ioredis or node-redis. */
  readonly client: RedisLike
  /** The `prefix` of connect-redis. Default: `sess:`. */
  readonly prefix?: string
  /** The `ttl` of connect-redis, in seconds. Default: 86400. */
  readonly ttl?: number
}

/**
 * Reads the sessions of express-session that connect-redis keeps. The sessions are those of `expressSession` with a
 * `RedisStore`; the package connect-redis is not needed.
 *
 * @throws AuthError `invalid_options`
 */
export const connectRedis = <Id = string>(options: ConnectRedisOptions<Id>): TakeoverReader =>
  expressReader(redisRows(options.client, options), options, 'connectRedis')
