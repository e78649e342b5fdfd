/** Refresh: trades a refresh token by the rotation rule, in a compare-and-set loop. */

import type { Emit } from '../audit/emit.js'
import type { RequestSource } from '../audit/event.js'
import { type Check, isAnything, oneOf, type Snapshot } from '../checks.js'
import { AuthError, type RejectionReason, type TokenOwner } from '../errors.js'
import type { KeyRing, KeySource } from '../keys/ring.js'
import { accept, isRefusal, type Outcome, type Refusal, refuse } from '../outcome.js'
import type { Revoke } from '../revocation/revoker.js'
import { endOf, liveness, type SessionRecord, type Transport } from '../session/record.js'
import { decideRotation, RECOVERIES_WARN, type RotationDecision } from '../session/rotation.js'
import type { BoundedStore } from '../store/bounded-store.js'
import type { ClaimsSource } from '../token/claims-source.js'
import { type Access, type Issuer, type Refreshed, secondsUntil, type TokenLife } from '../token/issue.js'
import { isOfSession, type RefreshToken, readRefreshToken, refreshTokenOf } from '../token/refresh-token.js'

/** How a refresh token came. */
export interface RefreshOptions {
  /** The way on which the token came; one that was issued for the other is refused, unconsumed. Default: not checked. */
  readonly transport?: Transport | undefined
  /** Where the request came from, for the audit log. */
  readonly source?: RequestSource | undefined
}

/** The checks of all options. */
export const REFRESH_CHECKS: Readonly<Record<keyof RefreshOptions, Check>> = {
  transport: oneOf('cookie', 'bearer'),
  source: isAnything,
}

/** What the verb works with. */
export interface RefreshNeeds {
  readonly keys: KeySource
  readonly claims: ClaimsSource
  readonly issuer: Issuer
  readonly revoke: Revoke
  readonly emit: Emit
  /** W, in seconds. */
  readonly overlap: number
  readonly strict: boolean
}

/** What an edge has to say while a session is renewed. */
export interface RefreshHooks {
  /** Whether the session may go on; where not, it is revoked. Asked after the rule, before anything is written. */
  mayGoOn?(record: SessionRecord): Promise<boolean>
  /** A rotation has been written. */
  rotated?(record: SessionRecord): Promise<void>
}

/** The options as an edge hands them on. */
export type RefreshRequest = Snapshot<RefreshOptions> & { readonly hooks?: RefreshHooks | undefined }

/** The verb. */
export type Refresh = (
  token: unknown,
  options: RefreshRequest,
  store: BoundedStore,
) => Promise<Outcome<Refreshed>>

/** One refresh under way. */
interface Attempt {
  readonly store: BoundedStore
  readonly ring: KeyRing
  readonly token: RefreshToken
  /** As it was presented. */
  readonly text: string
  readonly life: TokenLife
  readonly options: Snapshot<RefreshOptions>
  readonly hooks: RefreshHooks
}

type Granted = Exclude<RotationDecision, { outcome: 'reused' }>

/** Rounds of the compare-and-set loop before it gives up with 503. */
const MAX_ROUNDS = 3

const ownerOf = ({ subject, id: sessionId }: SessionRecord): TokenOwner => ({ subject, sessionId })

/** Finds the session of a token and proves that the token is one of its own and that both still live. */
const findSession = async ({
  store,
  token,
  options,
}: Attempt): Promise<Outcome<{ record: SessionRecord; now: number }>> => {
  const { record, epoch, now } = await store.find(token.sessionId)
  if (record === null) return refuse('session_not_found')
  if (!(await isOfSession(token, record))) return refuse('bad_signature')
  const state = liveness(record, epoch, now)
  if (state !== 'live') return refuse(state, ownerOf(record))
  if (options.transport && options.transport !== record.transport)
    return refuse('wrong_transport', ownerOf(record))
  return accept({ record, now })
}

/** Binds the verb. The session's absolute end never moves. @throws AuthError `store_unavailable`, `claims_unavailable`, `claims_invalid` */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createRefresh = ({
  keys,
  claims,
  issuer,
  revoke,
  emit,
  overlap,
  strict,
}: RefreshNeeds): Refresh => {
  /** Ends the session of a replayed token. Only the call that really ended it raises the alarm. */
  const endReused = async (
    { store, token, options }: Attempt,
    record: SessionRecord,
    { cause }: Extract<RotationDecision, { outcome: 'reused' }>,
  ): Promise<Refusal> => {
    const { generation, sessionId } = token
    const alarm = () =>
      emit({ type: 'reuse_detected', subject: record.subject, sessionId, cause, generation }, options.source)
    const ended = await revoke(store, { kind: 'session', sessionId }).catch((error: unknown) => {
      // The answer of the store got lost, and the session may be gone: better two alarms than none.
      alarm()
      throw error
    })
    if (ended.changed) alarm()
    return refuse('refresh_reused', ownerOf(record))
  }

  /** Ends a session that may not go on: its subject may no longer sign in, or its old session has ended. */
  const endHeld = async (
    { store, token, options }: Attempt,
    record: SessionRecord,
    reason: RejectionReason,
  ): Promise<Refusal> => {
    const { sessionId } = token
    const { changed } = await revoke(store, { kind: 'session', sessionId })
    const about = { sessionId, subject: record.subject }
    if (changed) emit({ type: 'revoked', scope: 'session', actor: 'library', ...about }, options.source)
    return refuse(reason, ownerOf(record))
  }

  const report = ({ token, ring, options }: Attempt, decision: Granted, access: Access): void => {
    const { subject, id: sessionId, generation, recoveries } = decision.record
    const about = { subject, sessionId }
    const { source } = options
    emit({ type: 'refreshed', ...about, outcome: decision.outcome, generation }, source)
    if (decision.outcome === 'recover' && recoveries >= RECOVERIES_WARN) {
      emit({ type: 'recoveries_repeated', ...about, recoveries }, source)
    }
    const [from, to] = [token.key.kid, ring.refreshing.kid]
    // On `hold` no refresh token leaves: the session still has the one of the older key.
    if (decision.outcome !== 'hold' && from !== to) emit({ type: 'key_rotated', ...about, from, to }, source)
    issuer.report(access, source)
  }

  /** One round: read, decide, write. Undefined where another request won the write. */
  const round = async (attempt: Attempt): Promise<Outcome<Refreshed> | undefined> => {
    const { store, ring, token, life } = attempt
    const found = await findSession(attempt)
    if (isRefusal(found)) return found
    const { record, now } = found.accepted
    const decision = decideRotation(record, { presented: token.generation, now, overlap, strict })
    if (decision.outcome === 'reused') return endReused(attempt, record, decision)
    const granted = await claims(record, attempt.options.source)
    if (granted === null) return endHeld(attempt, record, 'subject_disabled')
    if ((await attempt.hooks.mayGoOn?.(record)) === false) return endHeld(attempt, record, 'takeover_ended')
    const session = decision.record
    // Signed before the rotation is written: claims that no token can carry change nothing.
    const access = await issuer.access(ring, { session, claims: granted, life })
    const rotated = decision.outcome !== 'hold'
    const refreshToken = rotated ? await refreshTokenOf(ring, session) : attempt.text
    if (rotated && !(await store.replace(session, record.version))) return undefined
    report(attempt, decision, access)
    if (rotated) await attempt.hooks.rotated?.(session)
    return accept({
      ...access,
      refreshToken,
      rotated,
      refreshExpiresIn: secondsUntil(endOf(session), life.issuedAt),
    })
  }

  return async (text, options, store) => {
    const hooks = options.hooks ?? {}
    const life = issuer.life()
    const ring = await keys.load()
    const read = readRefreshToken(ring, text)
    if (isRefusal(read)) return read
    const attempt = { store, ring, token: read.accepted, text: text as string, life, options, hooks }
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
      const outcome = await round(attempt)
      if (outcome) return outcome
    }
    throw new AuthError('store_unavailable', 'Too many refreshes of one session at once.')
  }
}
