/** The port between `takeover` and the sessions that an application has today. Types and promises, nothing else. */

/** What a reader sees of a request; an `AuthRequest` is one. */
export interface ReaderRequest {
  /** All values of a header, by its lower-case name; empty where it is absent. */
  header(name: string): readonly string[]
}

/** A session of the old kind that is signed in and has not ended. Instants are milliseconds since the Unix epoch. */
export interface OldSession {
  /**
   * What stays the same for as long as the old session lives and differs from that of any other session. Null where the
   * format has no such thing: then the session is accepted, and not taken over. Never a credential: where the old
   * session's name opens it, this is a digest of the name.
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

/**
 * Reads sessions of one format. No method ever rejects because of what a client sent; each one rejects where the store of
 * the old sessions does not answer, and then nothing is known. The caller limits the time.
 */
export interface TakeoverReader {
  /** The name of the format. New session ids are derived from it, so it never changes. */
  readonly name: string
  /**
   * The old cookie: a name, or what recognises its names where there are several. `read` is worth calling only where one
   * of them is there.
   */
  readonly cookie: string | ((name: string) => boolean)
  /**
   * The old session that a request carries. Null where there is none, or none that is signed in: absent, duplicated,
   * altered, expired, too long, of another application, of a user whom the application no longer knows.
   */
  read(request: ReaderRequest): Promise<OldSession | null>
  /**
   * Ends the old session that a request carries, if it is this one: deletes its row where it has one, and resolves to the
   * values of `Set-Cookie` that take it out of the browser.
   */
  end?(session: OldSession, request: ReaderRequest): Promise<readonly string[]>
  /**
   * Uses the old session as a request to the old application would, so that it does not end early while both exist.
   * Resolves to the values of `Set-Cookie` that this takes. Absent where the old application would not prolong it.
   */
  touch?(session: OldSession, request: ReaderRequest): Promise<readonly string[]>
}
