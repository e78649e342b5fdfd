/** `@auth/store-redis`: sessions that many processes share. */

export { clusterOptions, type RedisPort, type RedisSource, redisOptions } from './connection.js'
export { type RedisStoreOptions, redisStore } from './redis-store.js'
