/** Authenticate: says who presents an access token, or why it is refused. In the same tick where all is known. */

import type { Emit } from '../audit/emit.js'
import type { RequestSource } from '../audit/event.js'
import { type Check, isAnything, must, oneOf, type Snapshot } from '../checks.js'
import type { KeyRing, KeySource } from '../keys/ring.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import { accept, isRefusal, type Outcome, refuse } from '../outcome.js'
import type { Breaker } from '../revocation/breaker.js'
import type { Replica } from '../revocation/replica.js'
import type { Transport } from '../session/record.js'
import type { BoundedStore } from '../store/bounded-store.js'
import type { RevocationQuery } from '../store/token-store.js'
import { ownerOf, type Principal } from '../token/claims.js'
import { judge, judgeAge } from '../token/judge.js'
import type { Open, OpenedToken } from '../token/open.js'
import type { OpenedTokens, RememberedToken } from '../token/opened-tokens.js'

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
  readonly source?: RequestSource | undefined
}

/** The checks of what a route may ask for. */
export const STRICTNESS_CHECKS = {
  revocation: oneOf('replica', 'store', 'none'),
  maxAuthAge: must('a number of seconds, 0 or more', (value) => Number.isFinite(value) && Number(value) >= 0),
} as const satisfies Record<string, Check>

/** The checks of all options. */
export const AUTHENTICATE_CHECKS: Readonly<Record<keyof AuthenticateOptions, Check>> = {
  ...STRICTNESS_CHECKS,
  transport: oneOf('cookie', 'bearer'),
  source: isAnything,
}

/** What the verb works with. */
export interface AuthenticateNeeds {
  readonly keys: KeySource
  readonly open: Open
  readonly remembered: OpenedTokens
  readonly replica: Replica
  readonly breaker: Breaker
  /** Told of every token that is accepted. */
  readonly onAccepted?: (opened: OpenedToken) => void
  readonly emit: Emit
  /** The clock, in milliseconds. */
  readonly now: () => number
  /** In seconds. */
  readonly leeway: number
  /** Whether a request passes when neither copy nor store can tell. */
  readonly allowUnchecked: boolean
}

/** The verb; `store` opens the request's store, and is called only where it has to be asked. */
export type Authenticate = (
  token: unknown,
  options: Snapshot<AuthenticateOptions>,
  store: () => BoundedStore,
) => MaybePromise<Outcome<Principal>>

/** Binds the verb. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createAuthenticate = (needs: AuthenticateNeeds): Authenticate => {
  const { keys, open, remembered, replica, breaker, onAccepted, emit, now, leeway, allowUnchecked } = needs

  const askStore = async (
    query: RevocationQuery,
    { revocation, source }: AuthenticateOptions,
    store: () => BoundedStore,
  ): Promise<boolean> => {
    const asked = breaker(() => store().isRevoked(query))
    if (revocation === 'store' || !allowUnchecked) return asked
    return asked.catch(() => {
      const { subject, sessionId, tokenId } = query
      emit({ type: 'revocation_unchecked', subject, sessionId, tokenId }, source)
      return false
    })
  }

  /** A token whose stamp is the replica's present version was looked up since the last mark: only the age is asked again. */
  const askReplica = (query: RevocationQuery, entry: RememberedToken): boolean | undefined => {
    if (entry.stamp === replica.version && replica.isComplete) return false
    // Read before the look-up: a mark that arrives meanwhile makes the stamp old.
    const { version } = replica
    const known = replica.isRevoked(query)
    if (known === false) entry.stamp = version
    return known
  }

  const isRevoked = (
    entry: RememberedToken,
    options: AuthenticateOptions,
    store: () => BoundedStore,
  ): MaybePromise<boolean> => {
    const { revocation = 'replica' } = options
    if (revocation === 'none') return false
    const { principal, epoch } = entry.opened
    const { tokenId, sessionId, subject } = principal
    const query = { tokenId, sessionId, subject, epoch }
    const known = revocation === 'replica' ? askReplica(query, entry) : undefined
    return known ?? askStore(query, options, store)
  }

  /** Opens a token, or remembers having done so. */
  const recall = (ring: KeyRing, token: unknown): MaybePromise<Outcome<RememberedToken>> => {
    const known = typeof token === 'string' ? remembered.recall(token, ring.version) : undefined
    if (known) return accept(known)
    return after(open(ring, token), (outcome) =>
      isRefusal(outcome)
        ? outcome
        : accept(remembered.remember(String(token), outcome.accepted, ring.version)),
    )
  }

  return (token, options, store) =>
    after(keys.load(), (ring) =>
      after(recall(ring, token), (outcome) => {
        if (isRefusal(outcome)) return outcome
        const { opened } = outcome.accepted
        const input = { now: now(), leeway, transport: options.transport }
        const refusal = judge(opened, input)
        if (refusal) return refusal
        return after(isRevoked(outcome.accepted, options, store), (revoked) => {
          if (revoked) return refuse('revoked', ownerOf(opened.principal))
          const old = judgeAge(opened, input, options.maxAuthAge)
          if (old) return old
          onAccepted?.(opened)
          return accept(opened.principal)
        })
      }),
    )
}
