/** The port between the library and wherever an application keeps its sessions. Types and promises, nothing else. */

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

/** One access token is dead. */
export interface TokenMark {
  readonly kind: 'token'
  /** The token's `jti`; unique together with the session only. */
  readonly tokenId: string
  /** The session of the token. */
  readonly sessionId: string
  /** Until when the mark must be kept, in milliseconds. */
  readonly expiresAt: number
}

/** One session is dead, with every token it ever had. */
export interface SessionMark {
  readonly kind: 'session'
  /** Whether or not it has a row. */
  readonly sessionId: string
  /** Until when the mark must be kept, in milliseconds. */
  readonly expiresAt: number
}

/** Every session of a subject is dead, except the one to keep. */
export interface SubjectMark {
  readonly kind: 'subject'
  /** Whether or not it has a row. */
  readonly subject: string
  /** The one session that is moved to the new epoch instead of dying. */
  readonly keep?: string
  /** Until when the mark must be kept, in milliseconds. */
  readonly expiresAt: number
}

/** What is asked to be revoked. */
export type RevocationMark = TokenMark | SessionMark | SubjectMark

/** A mark as the feed reports it: a subject's carries the epoch that it raised the subject to. */
export type FeedMark = TokenMark | SessionMark | (SubjectMark & { readonly epoch: number })

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
  /** The marks after the asked cursor, oldest first; expired ones may be left out. */
  readonly marks: readonly FeedMark[]
  /** Give this to the next call. A cursor that this server did not issue is answered with everything retained. */
  readonly cursor: string
}

/**
 * Where sessions and revocations live. All decisions are made by the library; a store promises atomicity and the
 * absolute expiry of its rows, and nothing else. `docs/writing-a-store.md` says how to write one, `storeContract` in
 * `@auth/core/testing` proves it.
 *
 * A subject's row holds its epoch and the index of its sessions. It lives until the latest `expiresAt` ever inserted
 * for the subject or marked on it; while it is missing, all sessions of the subject are dead.
 *
 * A method rejects when the store cannot answer. It never answers "revoked" or "not found" in place of "unknown".
 */
export interface TokenStore {
  /** True where everything dies with this process; in production that is an event of severity `error`. */
  readonly volatile?: boolean
  /**
   * Creates the row, and the subject's row at `record.epoch` where that is missing. Resolves to false and changes
   * nothing if the id is taken, if the record has already expired, or if its epoch is not the subject's.
   */
  insert(record: SessionRecord): Promise<boolean>
  /** Reads a session, its subject's epoch and the store's clock in one step. */
  find(sessionId: string): Promise<FoundSession>
  /**
   * Replaces the row if its version is still `expectedVersion` and its epoch is not older than the subject's.
   * Of several callers with one version exactly one resolves to true. Never brings a revoked session back.
   */
  replace(record: SessionRecord, expectedVersion: number): Promise<boolean>
  /** The live sessions of a subject, newest login first, 100 at most. */
  list(subject: string): Promise<readonly SessionRecord[]>
  /**
   * Reads the subject's epoch and the store's clock. Where the subject has no row, one is created at that clock, to last
   * an hour: logins of one subject that are under way at the same time then agree on the epoch.
   */
  epoch(subject: string): Promise<SubjectState>
  /**
   * Revokes, the feed first and then the rows; resolves once every later call of any method sees it. A session's row is
   * removed. A subject's epoch becomes `max(now, old + 1)` in one write, `old` being `now` where there is no row, and
   * the session to keep is moved to it in the same step, with its version raised.
   *
   * Resolves to true for the one call that changed something, to false where everything was already so.
   */
  revoke(mark: RevocationMark): Promise<boolean>
  /** Whether the token, its session or its epoch is dead; true as well where the session's or the subject's row is gone. */
  isRevoked(query: RevocationQuery): Promise<boolean>
  /**
   * The revocation feed after `cursor`; without one, everything that is retained. May be left out: every process then
   * asks `isRevoked` for every request.
   */
  marks?(cursor?: string): Promise<FeedPage>
  /** What an operator should know, one sentence each: settings of client or server that endanger a promise. Asked once. */
  warnings?(): Promise<readonly string[]>
  /** Lets go of timers and connections that the store opened itself. May be called twice; other calls after it reject. */
  close(): Promise<void>
}
