/** Names of keys: the partition as hash tag, digests for whatever a user could have chosen. */

import { createHash } from 'node:crypto'
import { partitionOf } from '@auth/core'

/** A session id of ours; anything else names no row. */
const SESSION_ID = /^([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{1,64})$/

/** Digest of a text, in 22 characters: no two texts share one. */
export const digest = (text: string): string =>
  createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')

/** The keys of one session; all have the partition as hash tag. */
export interface SessionKeys {
  readonly subjects: string
  readonly session: string
  readonly random: string
  token(tokenId: string): string
}

/** The keys of one subject. */
export interface SubjectKeys {
  readonly subjects: string
  readonly index: string
  /** Names the subject in the hash of its partition. */
  readonly field: string
}

/** The keys under one prefix. */
export interface Keys {
  readonly feed: string
  /** Null for an id that cannot be one of ours. */
  ofSession(sessionId: string): SessionKeys | null
  ofSubject(subject: string): Promise<SubjectKeys>
}

/** Names keys under a prefix. */
export const createKeys = (prefix: string): Keys => {
  const under = (partition: string) => `${prefix}:{${partition}}`
  return {
    feed: `${prefix}:{feed}`,
    ofSession: (sessionId) => {
      const [, partition, random] = SESSION_ID.exec(sessionId) ?? []
      if (!partition || !random) return null
      const base = under(partition)
      return {
        subjects: `${base}:u`,
        session: `${base}:s:${random}`,
        random,
        token: (tokenId) => `${base}:t:${random}:${digest(tokenId)}`,
      }
    },
    ofSubject: async (subject) => {
      const base = under(await partitionOf(subject))
      const field = digest(subject)
      return { subjects: `${base}:u`, index: `${base}:i:${field}`, field }
    },
  }
}
