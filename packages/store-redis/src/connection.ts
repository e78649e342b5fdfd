/** Connections: how a client is opened so that an outage fails fast, and the one small port through which all are used. */

import type { Cluster, ClusterOptions, RedisOptions } from 'ioredis'
import { Redis } from 'ioredis'
import { unavailable } from './failure.js'
import { type Listen, listenWith } from './wake-up.js'

/** Longest wait for one answer, in milliseconds. A command that timed out may still have run; every script allows for it. */
const COMMAND_TIMEOUT = 900
/** Commands under way at once; one more is refused, so that a silent server cannot fill the memory. */
const MAX_PENDING = 10_000

/**
 * What the store needs of a Redis client. For clients other than ioredis:
 *
 * @example
 * // node-redis
 * redisStore({ send: (_key, args) => client.sendCommand([...args]) })
 * // node-redis, cluster
 * redisStore({ send: (key, args) => cluster.sendCommand(key, false, [...args]) })
 */
export interface RedisPort {
  /** Sends one command to the node that holds `key` (to any where it is undefined) and resolves to its reply. */
  send(key: string | undefined, args: readonly string[]): Promise<unknown>
  /**
   * Subscribes to a channel, on a connection of its own, and calls `onMessage` for each message. Without it, or where it
   * fails, a revocation reaches other processes by the poll, within half a second. Called once at most.
   */
  subscribe?(channel: string, onMessage: () => void): unknown
  /** The number of the database that the client has selected; part of the channel's name. Default: 0. */
  readonly database?: number
}

/** A connection on which answers are awaited and none comes for so long is given up: firewalls forget some without a word. */
const SILENCE = COMMAND_TIMEOUT + 100
/** Longest pause between two looks at a server that is still loading its data; it is asked by itself how long it needs. */
const LOADING_PAUSE = 500

const NODE_OPTIONS = {
  commandTimeout: COMMAND_TIMEOUT,
  connectTimeout: COMMAND_TIMEOUT,
  socketTimeout: SILENCE,
  maxLoadingRetryTime: LOADING_PAUSE,
  // Sending an unanswered command again runs it twice.
  autoResendUnfulfilledCommands: false,
  // A command whose connection was lost fails at once; zero attempts to wait for a new one.
  maxRetriesPerRequest: 0,
} satisfies RedisOptions

/**
 * Options that make an outage fail fast instead of hanging. Used for a client that the store opens itself; give them to
 * a client of your own: `new Redis(url, redisOptions)`.
 */
export const redisOptions = {
  ...NODE_OPTIONS,
  // A queue that is worked off after an outage would carry out what its callers have long given up.
  enableOfflineQueue: false,
  retryStrategy: (times: number) => Math.min(times * 50, 500),
  // A Sentinel that does not answer is not waited for; the next one is asked.
  sentinelCommandTimeout: COMMAND_TIMEOUT,
  // The server at the other end has become a replica: look for the primary again. Up to Redis 6 a script's error is wrapped.
  reconnectOnError: (error: Error) => /\b(READONLY|MASTERDOWN) /.test(error.message),
} satisfies RedisOptions

/** The same for a cluster: `new Cluster(nodes, clusterOptions)`. */
export const clusterOptions = {
  enableOfflineQueue: false,
  maxRedirections: 6,
  retryDelayOnFailover: 100,
  retryDelayOnClusterDown: 100,
  retryDelayOnTryAgain: 100,
  slotsRefreshTimeout: COMMAND_TIMEOUT,
  clusterRetryStrategy: (times: number) => Math.min(times * 50, 500),
  redisOptions: NODE_OPTIONS,
} satisfies ClusterOptions

/** A port with what the store must know about its client. */
export interface Connection extends Pick<RedisPort, 'send'> {
  readonly database: number
  /** Listens to a channel, on a connection of its own. */
  readonly listen: Listen | undefined
  /** What is unwise about the client's options, one sentence each. */
  readonly warnings: readonly string[]
  readonly isCluster: boolean
  /** Another connection to the same server, for commands that block; the same one where the client is not ioredis. */
  beside(): Connection
  close(): Promise<void>
}

const WARNINGS: readonly (readonly [
  holds: (options: RedisOptions, cluster: boolean) => boolean,
  text: string,
])[] = [
  [({ commandTimeout }) => !commandTimeout, 'commandTimeout is not set: an outage hangs every command'],
  [({ socketTimeout }) => !socketTimeout, 'socketTimeout is not set: a connection that fell silent is kept'],
  [
    ({ enableOfflineQueue }) => enableOfflineQueue !== false,
    'enableOfflineQueue is on: commands pile up during an outage and run after it',
  ],
  [
    ({ autoResendUnfulfilledCommands }, cluster) => !cluster && autoResendUnfulfilledCommands !== false,
    'autoResendUnfulfilledCommands is on: a command whose answer was lost runs twice',
  ],
]

const warningsOf = (client: Redis | Cluster): string[] => {
  const cluster = client.isCluster
  const own = client.options as RedisOptions & ClusterOptions
  // On a cluster only the top-level enableOfflineQueue counts; the rest is the nodes'.
  const options = cluster
    ? { ...own.redisOptions, enableOfflineQueue: own.enableOfflineQueue as boolean }
    : own
  const name = cluster ? 'clusterOptions' : 'redisOptions'
  return WARNINGS.flatMap(([holds, text]) =>
    holds(options, cluster) ? [`${text}; see ${name} in @auth/store-redis`] : [],
  )
}

/** Waits for a client that is being opened, for all callers at once; one that has lost its server fails by itself. */
const createOpening = (client: Redis | Cluster): (() => Promise<void> | undefined) => {
  let opening: Promise<void> | undefined
  const open = (): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        for (const event of EVENTS) client.off(event, done)
        opening = undefined
        resolve()
      }
      const timer = setTimeout(done, COMMAND_TIMEOUT)
      for (const event of EVENTS) client.on(event, done)
      if (client.status === 'wait') client.connect().catch(() => undefined)
    })
  return () => {
    if (!OPENING.has(client.status)) return undefined
    opening ??= open()
    return opening
  }
}
const OPENING = new Set(['wait', 'connecting', 'connect'])
const EVENTS = ['ready', 'close', 'end'] as const

/** Takes over a client. Every failure reaches its caller as a rejected command; unheard, ioredis prints those of our own. */
const fromClient = (client: Redis | Cluster, own: boolean): Connection => {
  if (own) client.on('error', () => undefined)
  const opened = createOpening(client)
  return {
    warnings: warningsOf(client),
    isCluster: client.isCluster,
    database: client.isCluster ? 0 : ((client as Redis).options.db ?? 0),
    listen: listenWith(client),
    send: async (_key, [command, ...args]) => {
      await opened()
      return client.call(command as string, ...args)
    },
    beside: () => guarded(fromClient((client as Redis).duplicate(), true)),
    close: async () => {
      if (own) client.disconnect()
    },
  }
}

const fromPort = (port: RedisPort): Connection => {
  const { subscribe, database = 0 } = port
  const listen: Listen = (channel, { message, refused }) => {
    const listening = Promise.resolve()
      .then(() => subscribe?.call(port, channel, message))
      .then(() => undefined, refused)
    return { settled: listening, stop: () => undefined }
  }
  const connection: Connection = guarded({
    warnings: [],
    isCluster: false,
    database,
    listen: subscribe && listen,
    send: (key, args) => port.send(key, args),
    beside: () => connection,
    close: async () => undefined,
  })
  return connection
}

/** Bounds what is under way, cleans what fails, and rejects once it is closed. */
const guarded = (connection: Connection): Connection => {
  let pending = 0
  let isClosed = false
  return {
    ...connection,
    send: async (key, args) => {
      if (isClosed) throw unavailable(new Error('the store is closed'))
      if (pending >= MAX_PENDING) throw unavailable(new Error('too many commands wait for an answer'))
      pending += 1
      try {
        return await connection.send(key, args)
      } catch (error) {
        throw unavailable(error)
      } finally {
        pending -= 1
      }
    },
    close: () => {
      isClosed = true
      return connection.close()
    },
  }
}

/** Where the store's data is: a URL, an ioredis client, or the port for another client. */
export type RedisSource = string | Redis | Cluster | RedisPort

/** Opens a URL with options of ours, or takes over a client as it is. */
export const connect = (source: RedisSource): Connection => {
  if (typeof source === 'string') {
    return guarded(fromClient(new Redis(source, { ...redisOptions, lazyConnect: true }), true))
  }
  return 'send' in source ? fromPort(source) : guarded(fromClient(source, false))
}
