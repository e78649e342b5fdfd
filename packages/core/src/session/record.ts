/** What a session is, how long it lives, and how it is read back from storage. */

import { AuthError } from '../errors.js'

/** How a session's tokens travel. A token works only on the transport it was issued for. */
export type Transport = 'cookie' | 'bearer'

/** A value that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/**
 * One login on one device: the whole state of one refresh-token lineage. Nothing in it lets anyone in: refresh
 * tokens are recomputed from `seed` under a key that the store never sees.
 *
 * Instants are milliseconds since the Unix epoch, durations are seconds.
 */
export interface SessionRecord {
  /** `<partition>.<random>`. The partition is the same for all sessions of one subject. */
  readonly id: string
  /** The application's own user id. */
  readonly subject: string
  /** The subject's epoch when this session was opened; older than the subject's means dead. */
  readonly epoch: number
  /** Guard of the compare-and-set: 1 at login, one more with each `replace`. */
  readonly version: number
  /** Number of the current refresh token, 1 at login. */
  readonly generation: number
  /** Number of the refresh token that the current one replaced, 0 at login. */
  readonly previous: number
  /** When the current refresh token became current. */
  readonly rotatedAt: number
  /** How often in a row a lost response was repaired by issuing a successor anew. */
  readonly recoveries: number
  /** Random text, mixed into the MAC of every refresh token of this session. */
  readonly seed: string
  /** When the session was opened. */
  readonly createdAt: number
  /** When the subject last proved who they are. */
  readonly authenticatedAt: number
  /** How long the session may go without a refresh, in seconds: the pause that is allowed, one access token and W. */
  readonly idleFor: number
  /** When the session ends unless it is refreshed. */
  readonly idleExpiresAt: number
  /** When the session ends whatever happens. Fixed at login. The row must live exactly until then. */
  readonly expiresAt: number
  /** Whether cookies outlive the browser's own session ("remember me"). */
  readonly persistent: boolean
  /** How the tokens of this session travel. */
  readonly transport: Transport
  /** A label for the device, as given at login. */
  readonly device?: string
  /** The application's own data about this session. */
  readonly data?: { readonly [key: string]: Json }
  /** The kind of the older session that this one was taken over from, as its reader names it. */
  readonly takeover?: string
}

/** Whether a found session can still be refreshed; a reason where it cannot. */
export type Liveness = 'live' | 'session_not_found' | 'superseded_epoch' | 'session_expired'

/** Judges a session by its subject's epoch and its two lifetimes, on the store's clock. */
export const liveness = (record: SessionRecord | null, epoch: number, now: number): Liveness => {
  if (record === null) return 'session_not_found'
  if (record.epoch < epoch) return 'superseded_epoch'
  return now < endOf(record) ? 'live' : 'session_expired'
}

/** When the session ends unless it is refreshed, in milliseconds. */
export const endOf = (record: SessionRecord): number => Math.min(record.idleExpiresAt, record.expiresAt)

const FIELDS: Record<string, 'string' | 'number' | 'boolean'> = {
  id: 'string',
  subject: 'string',
  epoch: 'number',
  version: 'number',
  generation: 'number',
  previous: 'number',
  rotatedAt: 'number',
  recoveries: 'number',
  seed: 'string',
  createdAt: 'number',
  authenticatedAt: 'number',
  idleFor: 'number',
  idleExpiresAt: 'number',
  expiresAt: 'number',
  persistent: 'boolean',
  transport: 'string',
}

const isSound = (value: unknown, type: string): boolean =>
  typeof value === type && (type !== 'number' || Number.isSafeInteger(value))

/**
 * Reads a stored row back, for store authors: `parseSessionRecord(JSON.parse(text))`. Fields it does not know are kept,
 * so that two releases can share one store.
 *
 * @throws AuthError `store_unavailable` where the value is not a session record: an unknown row is never a dead session.
 */
export const parseSessionRecord = (value: unknown): SessionRecord => {
  const sound =
    typeof value === 'object' &&
    value !== null &&
    Object.entries(FIELDS).every(([name, type]) => isSound((value as Record<string, unknown>)[name], type))
  if (!sound) throw new AuthError('store_unavailable', 'The store holds a row that is not a session record.')
  return value as SessionRecord
}
