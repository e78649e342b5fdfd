/** Authenticate: says who presents an access token, or that nobody does. */

import { AuthError } from '../errors.js'
import type { RejectionReason, RequestOrigin } from '../events.js'
import type { Transport } from '../session/record.js'
import type { RevocationQuery } from '../store/token-store.js'
import { ownerOf, type Principal } from '../token/claims.js'
import { invalidToken } from '../token/compact.js'
import { type VerifiedToken, verifyAccessToken } from '../token/verify.js'
import { type Flow, openStore } from './flow.js'

/** How strictly an access token is looked at. */
export interface AuthenticateOptions {
  /**
   * `replica` asks this process's own copy of the revocations, and the store where that is too old. `store` always asks
   * the store, and needs a live session there. `none` is pure statelessness: a revoked token works until it ends.
   * Default: `replica`.
   */
  readonly revocation?: 'replica' | 'store' | 'none' | undefined
  /** How long ago the subject may have proved who they are, in seconds (RFC 9470). Default: any time. */
  readonly maxAuthAge?: number | undefined
  /** The way on which the token came; one that was issued for the other is refused. Default: not checked. */
  readonly transport?: Transport | undefined
  /** Where the request came from, for the audit log. */
  readonly origin?: RequestOrigin | undefined
}

const isRevoked = async <C extends object>(
  flow: Flow<C>,
  query: RevocationQuery,
  { revocation = 'replica', origin }: AuthenticateOptions,
): Promise<boolean> => {
  if (revocation === 'none') return false
  const known = revocation === 'replica' ? flow.replica.isRevoked(query) : undefined
  if (known !== undefined) return known
  try {
    return await flow.breaker(() => openStore(flow, origin)('isRevoked', query))
  } catch (error) {
    if (revocation === 'store' || !flow.settings.allowUnchecked) throw error
    const { subject, sessionId, tokenId } = query
    flow.emit({ type: 'revocation_unchecked', subject, sessionId, tokenId }, origin)
    return false
  }
}

/** A value that cannot be meant must not switch a check off. */
const assertOptions = ({ revocation = 'replica', maxAuthAge = 0 }: AuthenticateOptions): void => {
  if (!['replica', 'store', 'none'].includes(revocation)) {
    throw new AuthError('invalid_argument', 'revocation must be "replica", "store" or "none".')
  }
  if (!Number.isFinite(maxAuthAge) || maxAuthAge < 0) {
    throw new AuthError('invalid_argument', 'maxAuthAge must be a number of seconds.')
  }
}

const check = async <C extends object>(
  flow: Flow<C>,
  token: string,
  options: AuthenticateOptions,
): Promise<VerifiedToken<C>> => {
  const { settings } = flow
  assertOptions(options)
  const verified = await verifyAccessToken<C>(await flow.ring(), settings, token)
  const { principal, epoch } = verified
  if (options.transport && options.transport !== principal.transport) {
    throw invalidToken('wrong_transport', ownerOf(principal))
  }
  const { tokenId, sessionId, subject } = principal
  if (await isRevoked(flow, { tokenId, sessionId, subject, epoch }, options)) {
    throw invalidToken('revoked', ownerOf(principal))
  }
  const { maxAuthAge } = options
  if (
    maxAuthAge !== undefined &&
    settings.now() - principal.authenticatedAt > (maxAuthAge + settings.leeway) * 1000
  ) {
    throw new AuthError('insufficient_authentication', 'Sign in again to do this.', {
      reason: 'login_too_old',
      about: ownerOf(principal),
    })
  }
  return verified
}

/** Tells the audit log why a request was turned away, and turns it away. */
export const rejecting = async <C extends object, T>(
  { emit }: Flow<C>,
  work: Promise<T>,
  origin?: RequestOrigin,
): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof AuthError && error.reason && error.status < 500) {
      emit({ type: 'request_rejected', reason: error.reason as RejectionReason, ...error.about }, origin)
    }
    throw error
  }
}

/**
 * Verifies an access token and its revocation.
 *
 * @throws AuthError `invalid_token`, `insufficient_authentication`, `store_unavailable`
 */
export const authenticate = async <C extends object>(
  flow: Flow<C>,
  token: string,
  options: AuthenticateOptions = {},
): Promise<Principal<C>> => (await rejecting(flow, check(flow, token, options), options.origin)).principal
