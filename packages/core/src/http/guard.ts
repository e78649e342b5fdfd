/** Guard: lets a request through with its principal, or answers it. In the same tick where all is known. */

import type { Settle } from '../audit/settle.js'
import { type Check, invalidOptions, isBoolean, readOptions, type Snapshot } from '../checks.js'
import { type AuthenticateOptions, STRICTNESS_CHECKS } from '../flows/authenticate.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import {
  accept,
  codeOf,
  errorOf,
  isRefusal,
  type Outcome,
  type Refusal,
  refuse,
  type Settled,
} from '../outcome.js'
import type { Principal } from '../token/claims.js'
import { headerCredential } from './credential.js'
import type { Exchange } from './exchange.js'
import type { Identify, Identity } from './identity.js'
import { type AuthReply, type AuthRequest, type Header, isSafe } from './message.js'
import { replyTo } from './reply-to.js'

/** How a guarded route looks at its callers. */
export interface GuardOptions extends Pick<AuthenticateOptions, 'revocation' | 'maxAuthAge'> {
  /**
   * Lets requests without a credential through. So does a cookie on a safe method whose session has ended, or that never
   * was ours. A bad bearer token is refused all the same, and so is every unsafe request. Default: false.
   */
  readonly optional?: boolean | undefined
}

/** What a guard decided: `reply` answers the request, otherwise it passes with its principal. */
export type GuardOutcome<C extends object = object> =
  | { readonly reply: AuthReply }
  | { readonly reply: null; readonly principal: Principal<C> | null; readonly headers: readonly Header[] }

/** Decides about requests to a route. Never throws and never rejects: what fails becomes a reply that denies. */
export type Guard<C extends object = object> = (request: AuthRequest) => MaybePromise<GuardOutcome<C>>

/** What guards work with. */
export interface GuardNeeds {
  readonly identify: Identify
  readonly settle: Settle
  readonly open: (request: AuthRequest) => Exchange
  /** The protection space named in challenges. */
  readonly realm: string
}

const CHECKS: Readonly<Record<keyof GuardOptions, Check>> = { ...STRICTNESS_CHECKS, optional: isBoolean }
const VARY: Header = ['Vary', 'Cookie, Authorization']

/** Whether a refused cookie leaves its request anonymous: on safe methods, where it says nothing about anybody any more. */
const isSpent = (refusal: Refusal, request: AuthRequest): boolean =>
  codeOf(refusal) === 'invalid_token' &&
  refusal.refused !== 'several_credentials' &&
  headerCredential(request) === undefined &&
  isSafe(request)

/** Binds guards. */
export const createGuard = ({ identify, settle, open, realm }: GuardNeeds) => {
  const judged = (
    exchange: Exchange,
    identity: Identity,
    { optional }: Snapshot<GuardOptions>,
  ): Outcome<Principal | null> => {
    if (identity === undefined) return optional ? accept(null) : refuse('absent')
    if (!isRefusal(identity)) return accept(identity.accepted.principal)
    if (!optional || !isSpent(identity, exchange.request)) return identity
    // Entered into the log like any refusal; the request goes on without it.
    settle(
      () => identity,
      () => exchange.source,
    )
    return accept(null)
  }

  const answered = (
    { headers }: Exchange,
    { value, error }: Settled<Principal | null>,
    { optional }: Snapshot<GuardOptions>,
  ): GuardOutcome => {
    if (error) {
      const reply = replyTo(error, realm)
      return { reply: { ...reply, headers: [...reply.headers, ...headers] } }
    }
    return { reply: null, principal: value, headers: optional ? [...headers, VARY] : headers }
  }

  /** An `OPTIONS` without a credential is a preflight as a rule: refused like any request, and no news. */
  const isQuiet = (request: AuthRequest, identity: Identity, { optional }: Snapshot<GuardOptions>): boolean =>
    identity === undefined && !optional && request.method === 'OPTIONS'

  return (given: GuardOptions = {}): Guard => {
    const { options, problems } = readOptions<GuardOptions>(given, CHECKS)
    if (problems.length > 0) throw invalidOptions('guard', problems)
    return (request) => {
      const exchange = open(request)
      let quiet = false
      const verdict = settle<Principal | null>(
        () =>
          after(identify(exchange, options), (identity) => {
            quiet = isQuiet(request, identity, options)
            return quiet ? accept(null) : judged(exchange, identity, options)
          }),
        () => exchange.source,
      )
      // Read before the wait: afterwards the socket's address may be gone.
      if (verdict instanceof Promise) void exchange.source
      return after(verdict, (settled) =>
        answered(exchange, quiet ? { value: null, error: errorOf(refuse('absent')) } : settled, options),
      )
    }
  }
}
