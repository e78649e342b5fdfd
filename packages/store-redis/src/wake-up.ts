/**
 * Wake-ups: a connection of its own that listens to one channel. Only a hint travels on it, so whatever goes wrong here
 * costs half a second and no more.
 */

import type { Cluster, Redis, RedisOptions } from 'ioredis'

/** Pause before a lost connection is opened again, in milliseconds, and as much again by chance. */
const PAUSE = 1000
/** Idle connections are probed by the system after so many milliseconds: firewalls forget some without a word. */
const KEEP_ALIVE = 30_000

/** What happens on a channel. */
export interface Listener {
  /** Something was announced, or may have been while nothing could be heard. */
  message(): void
  /** The channel may not be listened to. */
  refused(error: unknown): void
}

/** Listens until it is stopped. */
export type Listen = (channel: string, listener: Listener) => Listening

/** A channel that is listened to. */
export interface Listening {
  /** Resolves once it is known whether it can be heard; never rejects. */
  readonly settled: Promise<void>
  stop(): void
}

/** The connection is opened anew by this file: a retry of ioredis would keep the process alive. */
const LISTENING_OPTIONS = {
  lazyConnect: false,
  autoResubscribe: false,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  keepAlive: KEEP_ALIVE,
} satisfies RedisOptions

const duplicateOf = (client: Redis | Cluster): Redis | undefined => {
  if (!client.isCluster) return (client as Redis).duplicate(LISTENING_OPTIONS)
  // A message reaches every node of a cluster.
  const nodes = (client as Cluster).nodes('all')
  return nodes[Math.floor(Math.random() * nodes.length)]?.duplicate(LISTENING_OPTIONS)
}

/** One connection. Calls `ended` when it is gone. */
const connectTo = (subscriber: Redis, channel: string, listener: Listener & { ended(): void }): void => {
  subscriber.on('error', () => undefined)
  subscriber.on('connect', () => {
    ;(subscriber as { stream?: { unref?(): void } }).stream?.unref?.()
  })
  subscriber.on('message', () => listener.message())
  subscriber.once('ready', () => {
    // What was announced before this moment was not heard.
    subscriber.subscribe(channel).then(() => listener.message(), listener.refused)
  })
  subscriber.once('end', () => listener.ended())
}

/** Listens beside a client, for as long as that has not ended. Nothing in it keeps a process alive. */
export const listenWith =
  (client: Redis | Cluster): Listen =>
  (channel, { message, refused }) => {
    let subscriber: Redis | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    let isStopped = false
    let settle = () => {}
    const settled = new Promise<void>((resolve) => {
      settle = resolve
    })
    const stop = () => {
      isStopped = true
      settle()
      clearTimeout(timer)
      client.off('end', stop)
      subscriber?.disconnect()
    }
    const again = () => {
      settle()
      if (isStopped) return
      timer = setTimeout(open, PAUSE * (1 + Math.random()))
      timer.unref()
    }
    const open = () => {
      subscriber = duplicateOf(client)
      if (!subscriber) return again()
      const heard = () => {
        settle()
        message()
      }
      const failed = (error: unknown) => {
        // Without the right to listen there is no use in trying again; any other failure ends the connection.
        if (!/^NOPERM\b/.test((error as Error).message)) return subscriber?.disconnect()
        refused(error)
        stop()
      }
      connectTo(subscriber, channel, { message: heard, refused: failed, ended: again })
    }
    client.once('end', stop)
    open()
    return { settled, stop }
  }

/** What the store offers of it. */
export interface WakeUps {
  /** Calls `wake` after each message, until the returned function is called. Opens the connection with the first. */
  onMarks(wake: () => void): () => void
  /** Resolves to why the channel cannot be listened to, once that is known; to undefined where nothing is wrong. */
  refusal(): Promise<string | undefined>
  close(): void
}

/** Binds a channel: all who wait for wake-ups share one connection. */
export const createWakeUps = (listen: Listen | undefined, channel: string): WakeUps => {
  const wakes = new Set<{ readonly wake: () => void }>()
  let listening: Listening | undefined
  let reason: string | undefined
  let isClosed = false
  const message = () => {
    for (const { wake } of wakes) {
      try {
        wake()
      } catch {
        // It is a hint; one listener that fails is no reason to leave the others asleep.
      }
    }
  }
  const refused = (error: unknown) => {
    reason = error instanceof Error ? error.message.slice(0, 200) : 'unknown'
  }
  const close = () => {
    listening?.stop()
    listening = undefined
  }
  return {
    onMarks: (wake) => {
      const subscription = { wake }
      wakes.add(subscription)
      if (!isClosed) listening ??= listen?.(channel, { message, refused })
      return () => {
        if (wakes.delete(subscription) && wakes.size === 0) close()
      }
    },
    refusal: async () => {
      await listening?.settled
      return reason
    },
    close: () => {
      isClosed = true
      wakes.clear()
      close()
    },
  }
}
