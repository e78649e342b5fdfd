/** Session ids: `<partition>.<random>`, so that all rows of one subject can lie together, in any store. */

import { platform } from '#platform'
import { after, type MaybePromise } from '../maybe-promise.js'

const PARTITION_BYTES = 8
const RANDOM_BYTES = 16

/** Random bytes are drawn a few hundred ids at a time: a call to the generator costs more than it gives. */
const POOL_BYTES = 4096
let pool = new Uint8Array(0)

/** Random string of 128 bits, fit for an id. */
export const randomId = (): string => {
  if (pool.length < RANDOM_BYTES) pool = crypto.getRandomValues(new Uint8Array(POOL_BYTES))
  const id = platform.encode(pool.subarray(0, RANDOM_BYTES))
  pool = pool.subarray(RANDOM_BYTES)
  return id
}

/** The partition of a subject, in the same tick where the platform can. */
export const partitionNow = (subject: string): MaybePromise<string> =>
  after(platform.sha256(subject), (digest) => platform.encode(digest.subarray(0, PARTITION_BYTES)))

/**
 * The partition of a subject: 11 characters, the same in every process, the first part of each of its session ids. An
 * unkeyed digest: it groups, it hides nothing.
 */
export const partitionOf = async (subject: string): Promise<string> => partitionNow(subject)

/** Draws the id of a new session. */
export const newSessionId = (subject: string): MaybePromise<string> =>
  after(partitionNow(subject), (partition) => `${partition}.${randomId()}`)

/** Whether a session id is of this partition. */
export const isOfPartition = (sessionId: string, partition: string): boolean =>
  sessionId.startsWith(`${partition}.`)
