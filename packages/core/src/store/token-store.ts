/** The port between the library and the place where an application keeps its sessions. Types, limits and promises. */

import type { SessionRecord } from '../session/record.js'

/** What `find` reports, read in one atomic step. */
export interface FoundSession {
  /** The row, or null where there is none (never inserted, revoked, or past its `expiresAt`). */
  readonly record: SessionRecord | null
  /** The subject's epoch; `Number.MAX_SAFE_INTEGER` where the row or the subject's row is gone, so that nothing lives. */
  readonly epoch: number
  /** The store's own clock, in milliseconds: the one clock by which overlap and lifetimes are judged. */
  readonly now: number
}

/** What `epoch` reports, read in one atomic step. */
export interface SubjectState {
  /** Sessions opened under an older one are dead. */
  readonly epoch: number
  /** The store's own clock, in milliseconds. */
  readonly now: number
}

/**
 * How many sessions a subject may have, and what becomes of one more. Idle sessions, those past their `idleExpiresAt`,
 * never stand in the way: where room is needed they are ended first, under `deny` too.
 */
export interface SessionCap {
  /** Sessions per subject that are neither revoked nor past their `expiresAt`, 1 or more. */
  readonly max: number
  /**
   * `evict` ends as many sessions of the subject as needed: idle ones first, then those that were refreshed least
   * recently (by `rotatedAt`). `deny` refuses the new one where an idle session does not make room.
   */
  readonly whenFull: 'evict' | 'deny'
  /** How long the mark of an evicted session lasts, in milliseconds. */
  readonly markFor: number
}

/**
 * What became of an `insert`. Only `inserted` wrote something.
 *
 * | outcome | meaning |
 * |---|---|
 * | `inserted` | the session exists |
 * | `revoked` | the id was revoked with a tombstone that still lasts |
 * | `taken` | a session of this id exists |
 * | `superseded` | what the record builds on no longer holds: its epoch is not the subject's, it has expired, or it was taken over (`takeover`) and its `authenticatedAt` is not later than the subject's last revocation |
 * | `full` | the cap is reached and says `deny`, or the subject's share of marks is spent |
 *
 * Where several apply, the first of the table counts.
 */
export interface Insertion {
  readonly outcome: 'inserted' | 'revoked' | 'taken' | 'superseded' | 'full'
  /** The marks of the sessions that were evicted for it, idle ones too, to be applied at once by the process that asked. */
  readonly evicted: readonly SessionMark[]
}

/** One access token. */
export interface TokenTarget {
  readonly kind: 'token'
  /** The token's `jti`; unique together with the session only. */
  readonly tokenId: string
  /** The session of the token. */
  readonly sessionId: string
}

/** One session, with every token it ever had, whether or not it has a row. */
export interface SessionTarget {
  readonly kind: 'session'
  readonly sessionId: string
  /** Where it is named and the session's row is another subject's, nothing is revoked. */
  readonly subject?: string
}

/** Every session of a subject, except the one to keep; whether or not the subject has a row. */
export interface SubjectTarget {
  readonly kind: 'subject'
  readonly subject: string
  /** The one session that is moved to the new epoch instead of dying. */
  readonly keep?: string
}

/** What is asked to be revoked. */
export type RevocationTarget = TokenTarget | SessionTarget | SubjectTarget

/** How long a revocation is remembered. The store adds both to its own clock. */
export interface RevocationLife {
  /** How long the mark lasts, in milliseconds: as long as an access token that it kills can live. */
  readonly markFor: number
  /**
   * How long `insert` refuses the id of the ended session, in milliseconds, for session targets only. The tombstone is
   * the session's own row under its own key, also where there was none; it is no mark. Default: 0, no tombstone.
   */
  readonly tombstoneFor?: number
}

/** For how long a mark still has to be kept, counted from the moment in which the store gave it out. */
interface Lasting {
  /** In milliseconds. */
  readonly lastsFor: number
}

/** One access token is dead. */
export type TokenMark = TokenTarget & Lasting
/** One session is dead. `subject` says whose it is, where the store knows it. */
export type SessionMark = SessionTarget & Lasting
/** Every session of a subject below `epoch` is dead. */
export type SubjectMark = SubjectTarget & Lasting & { readonly epoch: number }
/** A document has changed. */
export interface DocumentMark extends Lasting {
  readonly kind: 'document'
  readonly name: string
  readonly version: number
}

/** One entry of the feed. */
export type FeedMark = TokenMark | SessionMark | SubjectMark | DocumentMark

/** What became of a revocation. */
export interface Revoked {
  /**
   * The mark in force, to be applied at once by the process that asked, also where nothing changed. Null where the named
   * subject does not own the session.
   */
  readonly mark: Exclude<FeedMark, DocumentMark> | null
  /** True for the one call that ended something: a live row, a token without a mark, or (always) a subject's epoch. */
  readonly changed: boolean
}

/** What an access token says of itself, for a look-up of its revocation. */
export interface RevocationQuery {
  readonly tokenId: string
  readonly sessionId: string
  readonly subject: string
  /** The epoch in the token. */
  readonly epoch: number
}

/** A stretch of the revocation feed. */
export interface FeedPage {
  /** The marks after the asked cursor, oldest first, the newest of each target only; ended ones may be left out. */
  readonly marks: readonly FeedMark[]
  /** Give this to the next call. A cursor that this server did not issue is answered with everything retained. */
  readonly cursor: string
}

/** A named text, and how often it was written. */
export interface StoredDocument {
  /** Null where it was never written. */
  readonly text: string | null
  /** 0 where it was never written, one more with each `putDocument`. */
  readonly version: number
  /** The store's own clock, in milliseconds. */
  readonly now: number
}

/** What a store must be able to hold. The library never asks for more. */
export const STORE_LIMITS = {
  /** Characters of a subject, a session id, a token id, a document's name or a one-time id. */
  identifier: 255,
  /** Sessions that `list` gives at most. */
  listed: 100,
  /** Characters of a record's `data` as JSON. */
  data: 2048,
  /** Characters of a document. */
  document: 65_536,
  /** Longest life of a mark, in milliseconds: the longest access token (a day, in development) and three leeways. */
  markFor: (86_400 + 3 * 300) * 1000,
  /** Longest life of a tombstone or of a one-time id, in milliseconds. */
  tombstoneFor: 3660 * 86_400 * 1000,
} as const

/**
 * Where sessions and revocations live. The library makes all decisions; a store promises atomicity and the absolute
 * expiry of its rows, and nothing else. `docs/writing-a-store.md` says how to write one, `storeContract` of
 * `@auth/contracts` proves it.
 *
 * A subject's row holds its epoch, the instant of its last revocation and the index of its sessions. It lives until the
 * latest `expiresAt` ever inserted for the subject or the end of the latest mark on it; while it is missing, all sessions
 * of the subject are dead.
 *
 * Fields of a record that a store does not know come back as they were given: two releases can share one store.
 *
 * A method rejects when the store cannot answer. It never answers "revoked" or "not found" in place of "unknown".
 */
export interface TokenStore {
  /** True where everything dies with this process; in production that is an event of severity `error`. */
  readonly volatile?: boolean
  /**
   * Creates the row, and the subject's row at `record.epoch` where that is missing, in one atomic step with the count of
   * the subject's live sessions. Changes nothing unless it resolves to `inserted`.
   */
  insert(record: SessionRecord, cap: SessionCap): Promise<Insertion>
  /** Reads a session, its subject's epoch and the store's clock in one step. */
  find(sessionId: string): Promise<FoundSession>
  /**
   * Replaces the row if its version is still `expectedVersion` and its epoch is not older than the subject's.
   * Of several callers with one version exactly one resolves to true. Never brings a revoked session back.
   */
  replace(record: SessionRecord, expectedVersion: number): Promise<boolean>
  /** The live sessions of a subject, newest login first, `STORE_LIMITS.listed` at most. A row that cannot be read is left out. */
  list(subject: string): Promise<readonly SessionRecord[]>
  /**
   * Reads the subject's epoch and the store's clock. Where the subject has no row, one is created at that clock, to last
   * an hour: logins of one subject that are under way at the same time then agree on the epoch.
   */
  epoch(subject: string): Promise<SubjectState>
  /**
   * Revokes, the feed first and then the rows; resolves once every later call of any method sees it.
   *
   * - A session's row is removed, or becomes a tombstone.
   * - A subject's epoch becomes `max(now, old + 1)`, `old` being `now` where there is no row, at *every* call (logins
   *   under way have no row yet and carry the present epoch); its last revocation becomes `now`; the session to keep is
   *   moved to the new epoch in the same step, with its version raised.
   * - The feed keeps the newest entry of each target. A token or session whose mark still lasts gets no second one.
   */
  revoke(target: RevocationTarget, life: RevocationLife): Promise<Revoked>
  /** Whether the token, its session or its epoch is dead; true as well where the session's or the subject's row is gone. */
  isRevoked(query: RevocationQuery): Promise<boolean>
  /**
   * The feed after `cursor`; without one, everything that is retained. May be left out: every process then asks
   * `isRevoked` for every request.
   */
  marks?(cursor?: string): Promise<FeedPage>
  /**
   * Calls `wake` when the feed may have grown, until the returned function is called. A hint: the cursor stays the truth,
   * and a lost wake-up costs half a second. Needs `marks`.
   */
  onMarks?(wake: () => void): () => void
  /** Reads a named document and the store's clock in one step. */
  document?(name: string): Promise<StoredDocument>
  /**
   * Writes a document if its version is still `expectedVersion`, and enters `{ kind: 'document' }` into the feed in the
   * same step. Of several callers with one version exactly one resolves to true.
   */
  putDocument?(name: string, text: string, expectedVersion: number): Promise<boolean>
  /** Remembers a one-time id for so many milliseconds. True for the first call, false while it is remembered. */
  remember?(id: string, lastsFor: number): Promise<boolean>
  /** What an operator should know, one sentence each: settings of client or server that endanger a promise. Asked once. */
  warnings?(): Promise<readonly string[]>
  /** Lets go of timers and connections that the store opened itself. May be called twice; other calls after it reject. */
  close(): Promise<void>
}
