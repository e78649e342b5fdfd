/** Session ids: `<partition>.<random>`, so that all rows of one subject can lie together, in whatever store. */

import { base64url } from 'jose'

const PARTITION_BYTES = 8
const RANDOM_BYTES = 16

/** Random text of 128 bits, fit for an id. */
export const randomId = (bytes = RANDOM_BYTES): string =>
  base64url.encode(crypto.getRandomValues(new Uint8Array(bytes)))

/**
 * The partition of a subject: 11 characters, the same in every process, the first part of each of its session ids. An
 * unkeyed digest: it groups, it hides nothing.
 */
export const partitionOf = async (subject: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(subject))
  return base64url.encode(new Uint8Array(digest, 0, PARTITION_BYTES))
}

/** Draws the id of a new session. */
export const newSessionId = async (subject: string): Promise<string> =>
  `${await partitionOf(subject)}.${randomId()}`
