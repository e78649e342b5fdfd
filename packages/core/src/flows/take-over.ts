/** Take over: turns a session of the application's old mechanism into one of ours, once, without a lock. */

import { platform } from '#platform'
import type { Emit } from '../audit/emit.js'
import type { RequestSource } from '../audit/event.js'
import type { KeyRing, KeySource } from '../keys/ring.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import type { Settings } from '../options.js'
import { accept, type Outcome, refuse } from '../outcome.js'
import type { Replica } from '../revocation/replica.js'
import { liveness, type SessionRecord } from '../session/record.js'
import { partitionNow, randomId } from '../session/session-id.js'
import type { BoundedStore } from '../store/bounded-store.js'
import type { ClaimsSource } from '../token/claims-source.js'
import { type Issuer, type Refreshed, secondsUntil } from '../token/issue.js'

/** An old session, as its reader found it. */
export interface OldLogin {
  /** The name of the reader. */
  readonly reader: string
  /** What names the old session for as long as it lives. */
  readonly id: string
  readonly subject: string
  /** When the user last proved who they are, in milliseconds; null where the old session does not say. */
  readonly authenticatedAt: number | null
  /** Whether the old cookie outlives the browser's own session. */
  readonly persistent: boolean
}

/** What the verb works with. */
export interface TakeOverNeeds {
  readonly settings: Pick<
    Settings,
    'idle' | 'absolute' | 'accessTtl' | 'overlap' | 'maxSessions' | 'whenFull'
  >
  readonly keys: KeySource
  readonly claims: ClaimsSource
  readonly issuer: Issuer
  readonly replica: Pick<Replica, 'apply'>
  readonly emit: Emit
  /** How long the mark of an evicted session lasts, in milliseconds. */
  readonly markFor: number
}

/** The verb. What it gives is not `rotated` where no refresh token may leave. */
export type TakeOver = (
  old: OldLogin,
  store: BoundedStore,
  source?: RequestSource,
) => Promise<Outcome<Refreshed>>

const RANDOM_BYTES = 16

/** A request for a session that exists already. */
interface Again {
  readonly id: string
  readonly store: BoundedStore
  readonly ring: KeyRing
  readonly source: RequestSource | undefined
}

/**
 * The id of the session that an old one becomes: derived, and from nothing secret, so that every process finds the same one,
 * before and after a secret was rotated, and a tombstone goes on matching. Each field is preceded by its length.
 */
export const takeoverId = ({
  reader,
  id,
  subject,
}: Pick<OldLogin, 'reader' | 'id' | 'subject'>): MaybePromise<string> => {
  const text = ['auth/1 takeover', reader, id, subject].map((field) => `${field.length}:${field}`).join('')
  return after(partitionNow(subject), (partition) =>
    after(
      platform.sha256(text),
      (digest) => `${partition}.${platform.encode(digest.subarray(0, RANDOM_BYTES))}`,
    ),
  )
}

/** Binds the verb. @throws AuthError `store_unavailable`, `claims_unavailable`, `claims_invalid`, `cookie_too_large` */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createTakeOver = (needs: TakeOverNeeds): TakeOver => {
  const { settings, keys, claims, issuer, replica, emit, markFor } = needs
  const cap = { max: settings.maxSessions, whenFull: settings.whenFull, markFor }

  const recordOf = async (old: OldLogin, store: BoundedStore): Promise<SessionRecord> => {
    const { epoch, now } = await store.epoch(old.subject)
    const idleFor = settings.idle + settings.accessTtl + settings.overlap
    const expiresAt = now + settings.absolute * 1000
    return {
      id: await takeoverId(old),
      subject: old.subject,
      epoch,
      version: 1,
      generation: 1,
      previous: 0,
      rotatedAt: now,
      recoveries: 0,
      seed: randomId(),
      createdAt: now,
      // Unknown is long ago: an old session passes no `maxAuthAge` that it could not pass before.
      authenticatedAt: Math.min(old.authenticatedAt ?? 0, now),
      idleFor,
      idleExpiresAt: Math.min(now + idleFor * 1000, expiresAt),
      expiresAt,
      persistent: old.persistent,
      transport: 'cookie',
      takeover: old.reader,
    }
  }

  /** The answer for a session that exists already: another request has been quicker, or the first answer got lost. */
  const givenAgain = async ({ id, store, ring, source }: Again): Promise<Outcome<Refreshed>> => {
    const life = issuer.life()
    const { record: session, epoch, now } = await store.find(id)
    const state = liveness(session, epoch, now)
    if (session === null || state !== 'live') return refuse(state === 'live' ? 'session_not_found' : state)
    const about = { subject: session.subject, sessionId: session.id }
    const isFirst = session.generation === 1
    const isFresh = session.previous === 1 && Math.abs(now - session.rotatedAt) <= settings.overlap * 1000
    // An old cookie that comes later must not become a refresh token that never ends. It ends nothing, either.
    if (!isFirst && !isFresh) return refuse('takeover_replayed', about)
    const granted = await claims(session, source)
    if (granted === null) return refuse('subject_disabled', about)
    const pair = await issuer.pair(ring, { session, claims: granted, life })
    issuer.report(pair, source)
    return accept({
      ...pair,
      rotated: isFirst,
      refreshExpiresIn: secondsUntil(session.idleExpiresAt, life.issuedAt),
    })
  }

  return async (old, store, source) => {
    const life = issuer.life()
    const session = await recordOf(old, store)
    const ring = await keys.load()
    const granted = await claims(session, source)
    if (granted === null) return refuse('subject_disabled')
    const pair = await issuer.pair(ring, { session, claims: granted, life })
    const { outcome, evicted } = await store.insert(session, cap)
    if (outcome === 'taken') return givenAgain({ id: session.id, store, ring, source })
    if (outcome === 'full') return refuse('too_many_sessions')
    if (outcome !== 'inserted') return refuse('takeover_ended')
    for (const mark of evicted) {
      replica.apply(mark)
      emit({ type: 'session_evicted', subject: old.subject, sessionId: mark.sessionId }, source)
    }
    emit({ type: 'taken_over', subject: old.subject, sessionId: session.id, reader: old.reader }, source)
    issuer.report(pair, source)
    return accept({ ...pair, rotated: true })
  }
}
