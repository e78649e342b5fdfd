/** What every flow works with, and the two ways in which it calls out: to the store and to the application's `claims`. */

import { withinDeadline } from '../deadline.js'
import { AuthError, isAuthError } from '../errors.js'
import type { Emit, RequestOrigin } from '../events.js'
import type { ClaimsContext, Settings } from '../options.js'
import type { Breaker } from '../revocation/breaker.js'
import type { Replica } from '../revocation/replica.js'
import type { TokenStore } from '../store/token-store.js'
import { customClaims } from '../token/claims.js'
import type { KeyRing } from '../token/keys.js'

/** How long the store calls of one flow may take together, in milliseconds. */
const STORE_DEADLINE = 1000
/** Rounds of the compare-and-set loop before a flow gives up with 503. */
export const MAX_ROUNDS = 3

/** What `createAuth` binds once and every flow is handed. */
export interface Flow<C extends object> {
  readonly settings: Settings<C>
  readonly ring: () => Promise<KeyRing>
  readonly emit: Emit
  readonly replica: Replica
  readonly breaker: Breaker
}

const unavailable = (cause: unknown): AuthError =>
  isAuthError(cause, 'store_unavailable')
    ? cause
    : new AuthError('store_unavailable', 'The token store cannot answer.', { cause })

/** The methods that flows call; the feed is the replica's. */
type StoreMethod = Exclude<keyof TokenStore, 'volatile' | 'marks' | 'warnings'>

/** A call to the store, by the name of the method. */
export type StoreCall = <M extends StoreMethod>(
  method: M,
  ...args: Parameters<TokenStore[M]>
) => ReturnType<TokenStore[M]>

/**
 * Opens the store for one flow: all its calls share one deadline, and whatever goes wrong in them leaves as
 * `store_unavailable`, with one event that carries the driver's message.
 */
export const openStore = <C extends object>(
  { settings, emit }: Flow<C>,
  origin?: RequestOrigin,
): StoreCall => {
  let left = STORE_DEADLINE
  const call = async (method: StoreMethod, ...args: unknown[]): Promise<unknown> => {
    const start = performance.now()
    try {
      // Time spent elsewhere, in the application's `claims` say, is not the store's. Without time nothing is begun.
      if (left <= 0) throw new Error('no time is left for another call')
      const target = settings.store[method] as (...args: unknown[]) => Promise<unknown>
      const answer = await withinDeadline(target.apply(settings.store, args), left)
      if (answer === undefined && method !== 'close') throw new Error('the store answered with nothing')
      return answer
    } catch (error) {
      emit({ type: 'store_trouble', operation: method, message: messageOf(error) }, origin)
      throw unavailable(error)
    } finally {
      left -= performance.now() - start
    }
  }
  return call as StoreCall
}

/** A foreign error's message, cut short; drivers put addresses and reply codes there, never our tokens. */
const messageOf = (error: unknown): string =>
  String(error instanceof Error ? error.message : 'unknown').slice(0, 256)

/**
 * Asks the application for a subject's claims; null where it may no longer sign in.
 *
 * @throws AuthError `claims_unavailable` where the function threw, `claims_invalid` where its result is unusable
 */
export const claimsOf = async <C extends object>(
  { settings, emit }: Flow<C>,
  subject: string,
  { id, transport, device, data }: ClaimsContext,
): Promise<C | null> => {
  let claims: C | null
  try {
    const session = {
      id,
      transport,
      ...(device === undefined ? {} : { device }),
      ...(data === undefined ? {} : { data }),
    }
    claims = await settings.claims(subject, session)
  } catch (cause) {
    emit({ type: 'claims_trouble', message: messageOf(cause) })
    throw new AuthError('claims_unavailable', 'The claims of the subject cannot be read.', { cause })
  }
  return claims === null ? null : (customClaims(claims) as C)
}
