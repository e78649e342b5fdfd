/** What this repository's tests of adapters share. */

export { browserJar } from './browser-jar.js'
export {
  eventually,
  freePort,
  type RedisCluster,
  type RedisServer,
  startCluster,
  startRedis,
} from './redis-server.js'
export { serve } from './serve.js'
export { firstDifference, histories } from './store-history.js'
export { startProxy, type TcpProxy } from './tcp-proxy.js'
