/** Waiting for replicas: on a connection of its own, since `WAIT` blocks the one it is sent on, and one wait at a time. */

import { AuthError } from '@auth/core'
import type { RedisPort } from './connection.js'

/** How many replicas must have a write, and how long that may take, in milliseconds. */
export interface Replication {
  readonly replicas: number
  readonly timeout: number
}

/**
 * Resolves once so many replicas have what was written on this connection before the call; rejects where they have not.
 * Whoever calls while a wait is under way shares the next one: replicas that are gone do not make a queue.
 */
export const createReplicated = ({ send }: Pick<RedisPort, 'send'>, { replicas, timeout }: Replication) => {
  let current: Promise<unknown> = Promise.resolve()
  let next: Promise<number> | undefined
  const wait = async (): Promise<number> => {
    next = undefined
    return Number(await send(undefined, ['WAIT', String(replicas), String(timeout)]))
  }
  return async (): Promise<void> => {
    if (!next) {
      next = current.then(wait, wait)
      current = next
    }
    const reached = await next
    if (reached >= replicas) return
    throw new AuthError(
      'store_unavailable',
      `The revocation has reached ${reached} of ${replicas} replicas. Call again.`,
    )
  }
}
