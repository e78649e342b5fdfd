/** Names of keys: the partition as hash tag, digests for whatever a user could have chosen. */

import { createHash } from 'node:crypto'
import type { FeedMark, RevocationTarget } from '@auth/core'

/** A session id of the library: the partition, then what tells the sessions of one subject apart. */
const SESSION_ID = /^([A-Za-z0-9_-]{11})\.(.+)$/s
/** What stands in a key as it is; longer than a subject's field, shorter than `marks`. */
const PLAIN = /^[A-Za-z0-9_-]{9,64}$/
/** Digits of an instant in base 36: enough until the year 5188. */
export const INSTANT_DIGITS = 9

const digest = (text: string, from: number, to: number): string =>
  createHash('sha256').update(text).digest().subarray(from, to).toString('base64url')

/** The keys of one subject; all have its partition as hash tag. */
export interface SubjectKeys {
  /** A sorted set: the instants of the partition's subjects, and their sessions. */
  readonly partition: string
  /** A sorted set: the marks of the partition's sessions and tokens, by their end. */
  readonly marks: string
  /** Names the subject within its partition. */
  readonly field: string
}

/** The keys of one session; all have its partition as hash tag. */
export interface SessionKeys extends Omit<SubjectKeys, 'field'> {
  /** Its row, or its tombstone. */
  readonly session: string
  /** What tells it from the other sessions of its partition, as in its id. */
  readonly rest: string
  /** Names the session among the marks. */
  readonly name: string
  /** Names one of its tokens among the marks. */
  tokenName(tokenId: string): string
}

/** The keys under one prefix. */
export interface Keys {
  /** A stream: the marks, oldest first. */
  readonly feed: string
  /** A hash: where the newest mark of each target stands in the feed. Beside the feed, in the same slot. */
  readonly targets: string
  /** A document. In the slot of the feed, which reports it. */
  document(name: string): string
  /** A one-time id. */
  once(id: string): string
  /** Where new marks are announced. Channels are common to all databases of a server. */
  channel(database: number): string
  /** Null for an id that cannot be one of the library's. */
  ofSession(sessionId: string): SessionKeys | null
  ofSubject(subject: string): SubjectKeys
  /** The id of a subject's session. */
  sessionId(subject: string, rest: string): string
}

/** Names keys under a prefix. */
export const createKeys = (prefix: string): Keys => {
  const feed = `${prefix}:{feed}`
  // The same eight bytes as `partitionOf` of @auth/core; the next six tell apart what shares a partition.
  const tagOf = (subject: string) => digest(subject, 0, 8)
  const ofTag = (tag: string) => ({ partition: `${prefix}:{${tag}}`, marks: `${prefix}:{${tag}}:marks` })
  return {
    feed,
    targets: `${feed}:targets`,
    document: (name) => `${feed}:document:${digest(name, 0, 16)}`,
    once: (id) => `${prefix}:once:${digest(id, 0, 16)}`,
    channel: (database) => `${feed}:wake:${database}`,
    ofSession: (sessionId) => {
      const [, tag, rest] = SESSION_ID.exec(sessionId) ?? []
      if (!tag || !rest) return null
      const keys = ofTag(tag)
      const name = PLAIN.test(rest) ? rest : `~${digest(rest, 0, 16)}`
      const tokenName = (tokenId: string) => `${name}:${digest(tokenId, 0, 16)}`
      return { ...keys, session: `${keys.partition}:${name}`, rest, name, tokenName }
    },
    ofSubject: (subject) => ({ ...ofTag(tagOf(subject)), field: digest(subject, 8, 14) }),
    sessionId: (subject, rest) => `${tagOf(subject)}.${rest}`,
  }
}

/** An instant as text of fixed length, so that texts sort as instants do. */
export const sortable = (instant: number): string => instant.toString(36).padStart(INSTANT_DIGITS, '0')

/** What stands for a session in the index of its partition: what ends first comes first. */
export const memberOf = (expiresAt: number, { rest }: SessionKeys): string => sortable(expiresAt) + rest
/** The part of a session's id that its member in the index holds. */
export const restOf = (member: string): string => member.slice(INSTANT_DIGITS)

/** Names what a mark is about among the targets of the feed. */
export const targetName = (about: RevocationTarget | FeedMark): string => {
  const named =
    about.kind === 'token'
      ? [about.sessionId, about.tokenId]
      : [about.kind === 'session' ? about.sessionId : about.kind === 'subject' ? about.subject : about.name]
  return digest(JSON.stringify([about.kind, ...named]), 0, 16)
}
