/** Session ids: `<partition>.<random>`, so that all rows of one subject can lie together, in any store. */

import { platform } from '#platform'
import { after, type MaybePromise } from '../maybe-promise.js'

const PARTITION_BYTES = 8
const RANDOM_BYTES = 16

/** Random string of 128 bits, fit for an id. */
export const randomId = (bytes = RANDOM_BYTES): string =>
  platform.encode(crypto.getRandomValues(new Uint8Array(bytes)))

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
