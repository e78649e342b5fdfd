/** The port between the library and the place where an application keeps its audit log. Types, limits and promises. */

/**
 * One record of an audit log. Each process is a **writer**: its records are numbered from 1 without a gap, and each of
 * them carries the MAC of the one before. A log keeps every field exactly as it is, and gives it back exactly so.
 */
export interface AuditRecord {
  /** The writer: 22 characters of base64url. */
  readonly writer: string
  /** The record's place in the chain of its writer, from 1. */
  readonly number: number
  /** When, in milliseconds since the Unix epoch, by the writer's clock. */
  readonly at: number
  /** The type of the event, at most 64 ASCII characters. */
  readonly type: string
  /** Whom it is about. A copy of what `personal` says, to search by; null where it says nothing. */
  readonly subject: string | null
  /** The session that it is about. A copy of what `personal` says, to search by; null where it says nothing. */
  readonly session: string | null
  /** The fields of the event that name no person, as JSON. */
  readonly data: string
  /** The fields that do, and a salt, as JSON; null where there are none, and after an erasure. */
  readonly personal: string | null
  /** What `personal` was when the record was written: its digest, 43 characters; empty where there was nothing. */
  readonly commitment: string
  /** The id of the key of `mac`: 11 characters. */
  readonly key: string
  /** The MAC of the record before, 43 characters; empty in a writer's first record. */
  readonly previous: string
  /** The MAC over writer, number, time, type, data, commitment, key and previous MAC: 43 characters. */
  readonly mac: string
}

/** Names one record. */
export interface AuditPlace {
  readonly writer: string
  readonly number: number
}

/** The two ends of a writer's chain, as far as the log has it. */
export interface AuditHead {
  readonly writer: string
  /** Number of the oldest record. */
  readonly first: number
  /** Number of the newest record. */
  readonly last: number
  /** MAC of the newest record. */
  readonly mac: string
}

/** Which records are asked for: those for which everything that is given holds. */
export interface AuditQuery {
  /** Records about this subject. */
  readonly subject?: string | undefined
  /** Records about this session. */
  readonly session?: string | undefined
  /** Records of one of these types; at most 64. */
  readonly types?: readonly string[] | undefined
  /** Records of this instant and later, in milliseconds. */
  readonly since?: number | undefined
  /** Records before this instant, in milliseconds. */
  readonly until?: number | undefined
  /** Goes on after the page that had this cursor; the rest of the query must be the same. */
  readonly cursor?: string | undefined
  /** How many records at most, 1 to 1000. Default: 100. */
  readonly limit?: number | undefined
  /** `oldest`: in the order in which they were appended. `newest`: in the reverse order. Default: `oldest`. */
  readonly order?: 'oldest' | 'newest' | undefined
}

/** Records, and where to go on. */
export interface AuditPage {
  /** Fewer than `limit` only where there are no more for now. */
  readonly records: readonly AuditRecord[]
  /** Give it back to go on. In the order `oldest` also after the last page: what is appended later comes then. */
  readonly cursor: string
}

/** Limits that every log must hold. */
export const AUDIT_LIMITS = {
  /** Records in one `append`. */
  batch: 100,
  /** Records of a page where none is asked for. */
  page: 100,
  /** Records of a page. */
  longestPage: 1000,
  /** Places in one `prune` and one `erase`. */
  places: 1000,
  /** Length of `data` and of `personal`, in characters. */
  text: 16_384,
} as const

/**
 * The place where an audit log is kept. Every method resolves or rejects, and never throws; one that cannot answer rejects
 * with an `AuthError` of code `store_unavailable`. `auditContract` of `@auth/contracts` holds a log to all of it.
 */
export interface AuditLog {
  /**
   * How many records this log is made for. It refuses records from twice as many on. Absent: as many as come.
   */
  readonly maxRecords?: number | undefined
  /**
   * Appends records, at most 100, in their order and all or none. Resolves when they are kept. A record whose writer has
   * one of its number or a higher one already is left out, so that a batch can be sent again when its answer was lost. A
   * writer sends one batch at a time.
   */
  append(batch: readonly AuditRecord[]): Promise<void>
  /**
   * Reads. A reader that follows the cursor is given every record, once, also while several writers append; it may lag
   * behind them by 10 seconds.
   *
   * @throws AuthError `invalid_argument` for a cursor that no log has given
   */
  read(query: AuditQuery): Promise<AuditPage>
  /** Both ends of every chain that has a record here. */
  heads(): Promise<readonly AuditHead[]>
  /** Removes of each named writer the records up to the number, that one included. Nothing else ever removes a record. */
  prune(through: readonly AuditPlace[]): Promise<void>
  /** Sets `subject`, `session` and `personal` of the named records to null. */
  erase(places: readonly AuditPlace[]): Promise<void>
  /** Lets go of what the log holds open, after what is under way. */
  close(): Promise<void>
}
