/** What this repository's tests of adapters share. */

export { browserJar } from './browser-jar.js'
export {
  eventually,
  freePort,
  type RedisCluster,
  type RedisServer,
  startCluster,
  startRedis,
  startSentinel,
} from './redis-server.js'
export { serve } from './serve.js'
export { firstDifference, histories } from './store-history.js'
export { startProxy, type TcpProxy } from './tcp-proxy.js'
