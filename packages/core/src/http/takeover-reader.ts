/** The port between `takeover` and the sessions that an application has today. `@auth/takeover` has readers for many. */

import type { AuthRequest } from './message.js'

/** What a reader sees of a request. */
export type ReaderRequest = Pick<AuthRequest, 'header'>

/** A session of the old kind that is signed in and has not ended. Instants are milliseconds since the Unix epoch. */
export interface OldSession {
  /**
   * What stays the same for as long as the old session lives and differs from that of any other session; never a
   * credential. Null where the format has no such thing: such a session is not taken over.
   */
  readonly id: string | null
  /** The user, as the new tokens will name them: 1 to 255 characters. */
  readonly subject: string
  /** When the user last proved who they are; null where the old session does not say. */
  readonly authenticatedAt: number | null
  /** When the old session ends unless it is used; null where that is not known. */
  readonly expiresAt: number | null
  /** Whether the old cookie outlives the browser's own session. */
  readonly persistent: boolean
}

/** Reads sessions of one format. A method rejects only where the old sessions' store does not answer. */
export interface TakeoverReader {
  /** The name of the format. New session ids are derived from it, so it never changes. */
  readonly name: string
  /** The old cookie: a name, or what recognises its names where there are several. */
  readonly cookie: string | ((name: string) => boolean)
  /** The old session that a request carries; null where there is none, or none that is signed in. */
  read(request: ReaderRequest): Promise<OldSession | null>
  /** Ends the old session; gives the values of `Set-Cookie` that take it out of the browser. */
  end?(session: OldSession, request: ReaderRequest): Promise<readonly string[]>
  /** Uses the old session, so that it does not end early while both exist; gives values of `Set-Cookie`. */
  touch?(session: OldSession, request: ReaderRequest): Promise<readonly string[]>
}

/** How old sessions are taken over. */
export interface TakeoverOptions {
  /** Reads the old sessions. */
  readonly reader: TakeoverReader
  /**
   * The instant, in milliseconds or as a `Date`, from which on no old session is accepted any more. At most the longest life
   * of an old session from now: what was ended is remembered until then.
   */
  readonly until: number | Date
  /** The share of old sessions that are taken over, 0 to 1, by their id: a session in it stays in it. Default: 1. */
  readonly share?: number | undefined
  /**
   * Whether the first refresh ends the old session. While it is false the way back is open: the old session is kept alive,
   * and a session that was taken over ends when its old one has ended. Default: false.
   */
  readonly end?: boolean | undefined
}
