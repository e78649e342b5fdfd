/** The words of the small world: what is in it, and what can happen. */

import type { SessionRecord } from '../../../src/session/record.js'
import type { RotationDecision, RotationInput } from '../../../src/session/rotation.js'

/** A verdict; `repeat`, of other rules than the real one, gives the current token once more without a write. */
export type Verdict = RotationDecision | { readonly outcome: 'repeat'; readonly record: SessionRecord }

/** The rule under test: `decideRotation`, or another. */
export type Rule = (record: SessionRecord, input: RotationInput) => Verdict

/** Who presents a token. */
export type Party = 'victim' | 'thief'

/** A token that the server accepted, as an observer sees it. */
export interface Use {
  readonly party: Party
  readonly outcome: Verdict['outcome']
  /** The party of the use before, and whether that lies more than W back. */
  readonly before: { readonly party: Party; readonly apart: boolean } | null
}

/** What the server knows of the lineage. */
export interface Lineage {
  readonly generation: number
  readonly previous: number
  readonly recoveries: number
  /** Time units since it was written, capped just beyond the window. */
  readonly age: number
}

/**
 * What a client stores. `cookies`: the refresh cookie that an answer sets; `hold` sets none. `bearer`: what stands in
 * `refresh_token`; on `hold` that is the token that was sent. `compare-and-set`: the same, only if the storage still
 * holds what was sent.
 */
export type Storage = 'cookies' | 'bearer' | 'compare-and-set'

/** What can happen in a world. */
export interface WorldOptions {
  readonly rule: Rule
  /** Exchanges that can be under way at once. */
  readonly tabs: number
  /** Default: `cookies`. */
  readonly storage?: Storage
  /** The overlap W, in time units. Default: 2. */
  readonly window?: number
  /** The longest that an exchange takes from sending to delivery, in time units. */
  readonly delay: number
  /** How many responses may be lost. Lost requests are always possible. */
  readonly losses?: number
  /** Ways with more RECOVERs in a row are not followed. */
  readonly recoveries?: number
  /** How often the store may lose its last write. */
  readonly failovers?: number
  /** How often the thief may copy the storage. */
  readonly copies?: number
  /** Which tokens the thief goes on using: each that he ever got, the newest, or what he copied. Default: `all`. */
  readonly thief?: 'all' | 'newest' | 'copied'
  /** What to remember of the accepted tokens: from what was remembered and the next one. */
  readonly observe?: (memory: number, use: Use) => number
}

/** A refresh under way. */
export interface Exchange {
  readonly stage: 'request' | 'answer'
  readonly sent: number
  /** The token that the answer carries; null where it carries none. */
  readonly given: number | null
  readonly age: number
}

/** A state of the world. It is concrete; only its key forgets. */
export interface World {
  readonly live: boolean
  readonly lineage: Lineage
  /** What a failover would bring back. */
  readonly backup: Lineage | null
  /** The token in the client's storage. */
  readonly stored: number
  readonly tabs: readonly (Exchange | null)[]
  readonly held: readonly number[]
  readonly left: { readonly losses: number; readonly failovers: number; readonly copies: number }
  readonly last: { readonly party: Party; readonly age: number } | null
  readonly memory: number
  /** Whether a failover brought the session back after it had been revoked. */
  readonly revived: boolean
}
