/** The rotation rule: what becomes of a session when one of its refresh tokens is presented. Pure, and all of it. */

import type { SessionRecord } from './record.js'

/** Why a presented refresh token counts as replayed. */
export type ReuseCause = 'spent_token' | 'orphaned_token' | 'too_many_recoveries'

/** How many RECOVERs in a row are worth an event. */
export const RECOVERIES_WARN = 3
/** The RECOVER in a row that is taken for theft instead. */
export const RECOVERIES_MAX = 10

/** What the rule needs besides the record. */
export interface RotationInput {
  /** Generation of the presented refresh token, whose MAC has been verified. */
  readonly presented: number
  /** The store's clock, in milliseconds. */
  readonly now: number
  /** W: seconds after a write during which the current and the previous token may be presented again. */
  readonly overlap: number
  /** Literal single use (OWASP ASVS 10.4.5): every repetition is reuse. */
  readonly strict: boolean
}

/**
 * A verdict of the rule.
 *
 * `hold` gives an access token and nothing else: `record` is the session as it is stored, nothing is written, and no
 * refresh token leaves. `advance`, `recover` and `repair` give the refresh token of `record.generation` once `record`
 * has been written. `reused` gives nothing and ends the session.
 */
export type RotationDecision =
  | { readonly outcome: 'hold' | 'advance' | 'recover' | 'repair'; readonly record: SessionRecord }
  | { readonly outcome: 'reused'; readonly cause: ReuseCause }

type Lineage = Pick<SessionRecord, 'generation' | 'previous' | 'recoveries'>

const moved = (record: SessionRecord, now: number, lineage: Lineage): SessionRecord => ({
  ...record,
  ...lineage,
  version: record.version + 1,
  rotatedAt: now,
  idleExpiresAt: Math.min(now + record.idleFor * 1000, record.expiresAt),
})

/**
 * Decides by the table in `docs/rotation.md`. Refresh tokens leave only with a write, so an answer that is late or
 * asked for again never brings back an older one.
 */
export const decideRotation = (record: SessionRecord, input: RotationInput): RotationDecision => {
  const { presented, now, strict } = input
  const { generation, previous } = record
  // Absolute: a store whose clock was set back must not hold the window open until it has caught up.
  const withinOverlap = !strict && Math.abs(now - record.rotatedAt) <= input.overlap * 1000
  const next = generation + 1

  if (presented > generation) {
    const lineage = strict
      ? { generation: presented + 1, previous: presented, recoveries: 0 }
      : { generation: presented, previous: presented - 1, recoveries: 0 }
    return { outcome: 'repair', record: moved(record, now, lineage) }
  }
  if (presented === generation) {
    if (withinOverlap) return { outcome: 'hold', record }
    return {
      outcome: 'advance',
      record: moved(record, now, { generation: next, previous: generation, recoveries: 0 }),
    }
  }
  if (presented === previous && !strict) {
    if (withinOverlap) return { outcome: 'hold', record }
    const recoveries = record.recoveries + 1
    if (recoveries >= RECOVERIES_MAX) return { outcome: 'reused', cause: 'too_many_recoveries' }
    return { outcome: 'recover', record: moved(record, now, { generation: next, previous, recoveries }) }
  }
  return { outcome: 'reused', cause: presented > previous ? 'orphaned_token' : 'spent_token' }
}
