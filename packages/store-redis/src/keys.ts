/** Names of keys: the partition as hash tag, digests for whatever a user could have chosen. */

import { createHash } from 'node:crypto'

/** A session id of ours; anything else names no row. */
const SESSION_ID = /^([A-Za-z0-9_-]{11})\.([A-Za-z0-9_-]{9,64})$/

const digest = (text: string, from: number, to: number): string =>
  createHash('sha256').update(text).digest().subarray(from, to).toString('base64url')

/** The keys of one session; all have its partition as hash tag. */
export interface SessionKeys {
  readonly partition: string
  readonly session: string
  readonly random: string
  token(tokenId: string): string
}

/** Where one subject is found. */
export interface SubjectKeys {
  readonly partition: string
  /** Names the subject in the hash of its partition. */
  readonly field: string
}

/** The keys under one prefix. */
export interface Keys {
  readonly feed: string
  /** Null for an id that cannot be one of ours. */
  ofSession(sessionId: string): SessionKeys | null
  ofSubject(subject: string): SubjectKeys
  /** The id of a subject's session, by its random part. */
  sessionId(subject: string, random: string): string
}

/** Names keys under a prefix. */
export const createKeys = (prefix: string): Keys => {
  const partitionKey = (partition: string) => `${prefix}:{${partition}}`
  // The same eight bytes as `partitionOf` of @auth/core; the next six tell apart who shares a partition.
  const partitionOf = (subject: string) => digest(subject, 0, 8)
  return {
    feed: `${prefix}:{feed}`,
    ofSession: (sessionId) => {
      const [, tag, random] = SESSION_ID.exec(sessionId) ?? []
      if (!tag || !random) return null
      const partition = partitionKey(tag)
      const token = (tokenId: string) => `${partition}:${random}:${digest(tokenId, 0, 16)}`
      return { partition, session: `${partition}:${random}`, random, token }
    },
    ofSubject: (subject) => ({
      partition: partitionKey(partitionOf(subject)),
      field: digest(subject, 8, 14),
    }),
    sessionId: (subject, random) => `${partitionOf(subject)}.${random}`,
  }
}
