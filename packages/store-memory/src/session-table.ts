/** Rows of sessions and of their subjects, in this process: what lives, what is the next to go, what a revocation ended. */

import { parseSessionRecord, type SessionRecord } from '@auth/core'
import { ExpiringMap } from './expiring-map.js'
import { LoginOrder } from './login-order.js'

/** A session. The record is kept as JSON, so that nothing is shared with a caller; beside it what is asked for. */
export interface SessionRow {
  readonly id: string
  readonly subject: string
  readonly epoch: number
  readonly version: number
  readonly createdAt: number
  readonly rotatedAt: number
  readonly idleExpiresAt: number
  readonly expiresAt: number
  readonly json: string
}

/** A subject. */
export interface SubjectRow {
  readonly epoch: number
  /** When the subject itself was last revoked. */
  readonly revokedAt: number
  readonly sessions: LoginOrder
}

/** Sessions of a subject that one call looks at, at most: those that are listed, and those that one more login ends. */
const LOOKED_AT = 250
/** Rows that a revocation has ended and that are given back at once, at most; the rest is given back by sweeps. */
const FREED_AT_ONCE = 250

/** Reads the record of a row, as an object of the caller's own. */
export const recordOf = ({ json }: SessionRow): SessionRecord => parseSessionRecord(JSON.parse(json))

const rowOf = (record: SessionRecord): SessionRow => {
  const { id, subject, epoch, version, createdAt, rotatedAt, idleExpiresAt, expiresAt } = record
  const json = JSON.stringify(record)
  return { id, subject, epoch, version, createdAt, rotatedAt, idleExpiresAt, expiresAt, json }
}

/** All sessions and subjects. */
export class SessionTable {
  readonly #now: () => number
  readonly #subjects: ExpiringMap<string, SubjectRow>
  readonly #sessions: ExpiringMap<string, SessionRow>
  /** Sessions that a revocation of their subject has ended and whose rows are still to be given back. */
  readonly #ended: LoginOrder[] = []

  constructor(now: () => number) {
    this.#now = now
    this.#subjects = new ExpiringMap(now)
    this.#sessions = new ExpiringMap(now, ({ id, subject }) =>
      this.#subjects.get(subject)?.sessions.delete(id),
    )
  }

  /** Number of rows of sessions, those included that have ended since the last sweep. */
  get size(): number {
    return this.#sessions.size
  }

  /** Number of rows of subjects. */
  get subjects(): number {
    return this.#subjects.size
  }

  subject(subject: string): SubjectRow | undefined {
    return this.#subjects.get(subject)
  }

  /** A session that its subject's epoch has not ended. */
  live(id: string): SessionRow | undefined {
    const row = this.#sessions.get(id)
    const epoch = row && this.#subjects.get(row.subject)?.epoch
    return epoch !== undefined && row && row.epoch >= epoch ? row : undefined
  }

  /** Opens a session, and its subject's row where that is missing. */
  open(record: SessionRecord): void {
    const { id, subject, epoch, expiresAt } = record
    this.put(record)
    this.touch(subject, epoch, expiresAt).sessions.add(id)
  }

  /** Writes the row of a session. */
  put(record: SessionRecord): void {
    this.#sessions.set(record.id, rowOf(record), record.expiresAt)
  }

  /** Ends a session. */
  end({ id, subject }: SessionRow): void {
    this.#subjects.get(subject)?.sessions.delete(id)
    this.#sessions.delete(id)
  }

  /** Makes a subject's row live until an instant at least, and creates it where it is missing. */
  touch(subject: string, epoch: number, until: number): SubjectRow {
    const row = this.#subjects.get(subject) ?? {
      epoch,
      revokedAt: Number.NEGATIVE_INFINITY,
      sessions: new LoginOrder(),
    }
    this.#subjects.set(subject, row, Math.max(until, this.#subjects.expiryOf(subject)))
    return row
  }

  /** Raises a subject's epoch: its sessions are dead from now on, except the one to keep, which moves along. */
  raise(
    subject: string,
    { epoch, until, keep }: { epoch: number; until: number; keep: string | undefined },
  ): void {
    const kept = keep === undefined ? undefined : this.live(keep)
    const { sessions } = this.touch(subject, epoch, until)
    const row = { epoch, revokedAt: this.#now(), sessions: new LoginOrder() }
    this.#subjects.set(subject, row, this.#subjects.expiryOf(subject))
    if (kept?.subject === subject) {
      sessions.delete(kept.id)
      row.sessions.add(kept.id)
      this.put({ ...recordOf(kept), epoch, version: kept.version + 1 })
    }
    if (sessions.size > 0) this.#ended.push(sessions)
    this.#free()
  }

  /** The sessions that have to go before one more fits: idle ones first, then those refreshed least recently. */
  surplus(subject: string, max: number): SessionRow[] {
    const sessions = this.#subjects.get(subject)?.sessions
    if (!sessions || sessions.size < max) return []
    const rows: SessionRow[] = []
    for (const id of sessions.oldest(LOOKED_AT)) {
      const row = this.#sessions.get(id)
      if (row) rows.push(row)
      else sessions.delete(id)
    }
    const isIdle = ({ idleExpiresAt }: SessionRow) => Number(idleExpiresAt <= this.#now())
    const firstToGo = rows.sort((a, b) => isIdle(b) - isIdle(a) || a.rotatedAt - b.rotatedAt)
    return firstToGo.slice(0, Math.max(0, sessions.size + 1 - max))
  }

  /** The newest sessions of a subject that are not idle, newest login first. */
  newest(subject: string, count: number): SessionRow[] {
    const now = this.#now()
    const ids = this.#subjects.get(subject)?.sessions.newest(LOOKED_AT) ?? []
    const rows = ids.flatMap((id) => this.#sessions.get(id) ?? [])
    const live = rows.filter(({ idleExpiresAt }) => now < idleExpiresAt)
    return live.sort((a, b) => b.createdAt - a.createdAt).slice(0, count)
  }

  /** Gives memory back. True where all that is due is gone. */
  sweep(): boolean {
    this.#free()
    return [this.#sessions.sweep(), this.#subjects.sweep(), this.#ended.length === 0].every(Boolean)
  }

  #free(): void {
    const [ended] = this.#ended
    for (const id of ended?.oldest(FREED_AT_ONCE) ?? []) {
      ended?.delete(id)
      // A session may have been opened under this id since.
      if (!this.live(id)) this.#sessions.delete(id)
    }
    if (ended?.size === 0) this.#ended.shift()
  }
}
