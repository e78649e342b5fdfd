/** Refresh: trades a refresh token for a new pair, by the rotation rule, in a compare-and-set loop. */

import { AuthError, type TokenOwner } from '../errors.js'
import type { RequestOrigin } from '../events.js'
import { liveness, type SessionRecord, type Transport } from '../session/record.js'
import { decideRotation, RECOVERIES_WARN, type RotationDecision } from '../session/rotation.js'
import { invalidToken } from '../token/compact.js'
import { type RefreshToken, readRefreshToken, verifyRefreshToken } from '../token/refresh-token.js'
import { type TokenLife, tokenLife } from '../token/sign.js'
import { rejecting } from './authenticate.js'
import { claimsOf, type Flow, MAX_ROUNDS, openStore, type StoreCall } from './flow.js'
import { issuePair, type Pair, reportIssued } from './issue.js'
import { putMark, sessionMark } from './revoke.js'

/** How a refresh token came. */
export interface RefreshOptions {
  /** The way on which the token came; one that was issued for the other is refused, unconsumed. Default: not checked. */
  readonly transport?: Transport | undefined
  /** Where the request came from, for the audit log. */
  readonly origin?: RequestOrigin | undefined
}

/** One refresh under way. */
interface Attempt<C extends object> {
  readonly flow: Flow<C>
  readonly store: StoreCall
  readonly token: RefreshToken
  readonly life: TokenLife
  readonly options: RefreshOptions
}

const ownerOf = ({ subject, id: sessionId }: SessionRecord): TokenOwner => ({ subject, sessionId })

type Granted = Exclude<RotationDecision, { outcome: 'reused' }>

/** Finds the session of a token and proves that the token is one of its own and that both still live. */
const findSession = async <C extends object>({
  store,
  token,
  options,
}: Attempt<C>): Promise<{ readonly record: SessionRecord; readonly now: number }> => {
  const { record, epoch, now } = await store('find', token.sessionId)
  if (record === null) throw invalidToken('session_not_found')
  if (!(await verifyRefreshToken(token, record.seed))) throw invalidToken('bad_signature')
  const state = liveness(record, epoch, now)
  if (state !== 'live') throw invalidToken(state, ownerOf(record))
  if (options.transport && options.transport !== record.transport) {
    throw invalidToken('wrong_transport', ownerOf(record))
  }
  return { record, now }
}

/** Ends the session of a replayed token. Only the call that really ended it raises the alarm. */
const endReused = async <C extends object>(
  { flow, store, token, options }: Attempt<C>,
  record: SessionRecord,
  { cause }: Extract<RotationDecision, { outcome: 'reused' }>,
): Promise<never> => {
  const { generation, sessionId } = token
  // Where the store's answer got lost, the session may be gone: better two alarms than none.
  const ended = await putMark(flow, store, sessionMark(flow, sessionId)).catch((error: unknown) => ({
    error,
  }))
  if (ended) {
    flow.emit(
      { type: 'reuse_detected', subject: record.subject, sessionId, cause, generation },
      options.origin,
    )
  }
  if (typeof ended === 'object') throw ended.error
  throw invalidToken('refresh_reused', ownerOf(record))
}

/** Ends the session of a subject that may no longer sign in. */
const endDisabled = async <C extends object>(
  { flow, store, token, options }: Attempt<C>,
  record: SessionRecord,
): Promise<never> => {
  const { sessionId } = token
  if (await putMark(flow, store, sessionMark(flow, sessionId))) {
    flow.emit({ type: 'revoked', scope: 'session', sessionId }, options.origin)
  }
  throw invalidToken('subject_disabled', ownerOf(record))
}

const report = <C extends object>(
  { flow, token, options }: Attempt<C>,
  decision: Granted,
  kid: string,
): void => {
  const { subject, id: sessionId, generation, recoveries } = decision.record
  const about = { subject, sessionId }
  flow.emit({ type: 'refreshed', ...about, outcome: decision.outcome, generation }, options.origin)
  if (decision.outcome === 'recover' && recoveries >= RECOVERIES_WARN) {
    flow.emit({ type: 'recoveries_repeated', ...about, recoveries }, options.origin)
  }
  if (token.keys.kid !== kid)
    flow.emit({ type: 'key_rotated', ...about, from: token.keys.kid, to: kid }, options.origin)
}

/** One round: read, decide, write. Null where another request won the write. */
const round = async <C extends object>(attempt: Attempt<C>): Promise<Pair<C> | null> => {
  const { flow, store, token, life, options } = attempt
  const { record, now } = await findSession(attempt)
  const { overlap, strict } = flow.settings
  const decision = decideRotation(record, { presented: token.generation, now, overlap, strict })
  if (decision.outcome === 'reused') return endReused(attempt, record, decision)
  const claims = await claimsOf(flow, record.subject, record)
  if (claims === null) return endDisabled(attempt, record)
  // Signed before the rotation is written: claims that no token can carry change nothing.
  const pair = await issuePair(flow, { session: decision.record, claims, life })
  if (decision.outcome !== 'repeat' && !(await store('replace', decision.record, record.version))) return null
  report(attempt, decision, (await flow.ring()).signing.kid)
  reportIssued(flow, pair, options.origin)
  return pair
}

const attempt = async <C extends object>(
  flow: Flow<C>,
  text: string,
  options: RefreshOptions,
): Promise<Pair<C>> => {
  const life = tokenLife(flow.settings)
  const token = readRefreshToken(await flow.ring(), text)
  const store = openStore(flow, options.origin)
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
    const pair = await round({ flow, store, token, life, options })
    if (pair) return pair
  }
  throw new AuthError('store_unavailable', 'Too many refreshes of one session at once.')
}

/**
 * Trades a refresh token for a new pair. The session's absolute end never moves.
 *
 * @throws AuthError `invalid_token`, `store_unavailable`, `claims_unavailable`, `claims_invalid`
 */
export const refresh = <C extends object>(
  flow: Flow<C>,
  text: string,
  options: RefreshOptions = {},
): Promise<Pair<C>> => rejecting(flow, attempt(flow, text, options), options.origin)
