/** Identify: who sends a request. The ways of presenting oneself, in order. */

import type { Verbs } from '../auth.js'
import { after } from '../maybe-promise.js'
import { accept, codeOf, isRefusal, type Outcome, refuse } from '../outcome.js'
import { ownerOf, type Principal } from '../token/claims.js'
import type { Cookies } from './cookies.js'
import { accessCredential, type Credential, cookieCredential, headerCredential } from './credential.js'
import { crossSiteRefusal } from './csrf.js'
import type { Exchange } from './exchange.js'
import type { HttpSettings } from './http-options.js'
import type { Identify, Identity, Strictness } from './identity.js'
import { type AuthRequest, NO_STORE } from './message.js'
import type { Takeover } from './takeover.js'

/** What identification works with. */
export interface IdentifyNeeds {
  readonly takeover: Takeover | undefined
  readonly verbs: Pick<Verbs, 'authenticate' | 'refresh'>
  readonly settings: HttpSettings
  readonly cookies: Cookies
}

/**
 * Reasons for which an access cookie was never one of ours. Only such a one is expired by a 401. A token that has ended or
 * was revoked is left alone, although it is as useless: its 401 may arrive after the cookie that replaced it, and would
 * delete that.
 */
const NEVER_OURS: ReadonlySet<string> = new Set(['malformed', 'oversized', 'bad_signature'])

/** By access token, in the `Authorization` header or the cookie. */
export const createIdentify = ({ verbs, settings, cookies }: IdentifyNeeds): Identify => {
  const judged = (
    exchange: Exchange,
    transport: Credential['transport'],
    outcome: Outcome<Principal>,
  ): Identity => {
    if (!isRefusal(outcome)) return accept({ principal: outcome.accepted, transport })
    if (transport === 'cookie' && NEVER_OURS.has(outcome.refused))
      exchange.headers.push(...cookies.clearAccess())
    return outcome
  }
  return (exchange, { revocation, maxAuthAge }) => {
    const presented = accessCredential(exchange, cookies)
    if (!presented || isRefusal(presented)) return presented
    const { token, transport } = presented.accepted
    const forged = transport === 'cookie' ? crossSiteRefusal(exchange.request, settings) : undefined
    if (forged) return forged
    const options = { revocation, maxAuthAge, transport }
    const verdict = verbs.authenticate(token, options, exchange.store)
    return after(verdict, (outcome) => judged(exchange, transport, outcome))
  }
}

/** A page load by a browser: the one kind of request that a server-rendered page cannot repeat by itself. */
const isPageLoad = (request: AuthRequest): boolean => {
  const mode = request.header('sec-fetch-mode')[0]
  if (request.method !== 'GET' || headerCredential(request)) return false
  return mode === undefined
    ? request.header('accept').some((value) => value.includes('text/html'))
    : mode === 'navigate'
}

/** Whether the refresh cookie may speak where the access token does not. */
const isRenewable = (identity: Identity): boolean =>
  identity === undefined ||
  (isRefusal(identity) && codeOf(identity) === 'invalid_token' && identity.refused !== 'several_credentials')

/** By old session; its real login time counts. */
const byOldSession = async (
  takeover: Takeover,
  exchange: Exchange,
  { maxAuthAge }: Strictness,
): Promise<Identity> => {
  const identity = await takeover.identify(exchange)
  if (identity === undefined || isRefusal(identity)) return identity
  const { principal } = identity.accepted
  const tooOld =
    maxAuthAge !== undefined && principal.issuedAt - principal.authenticatedAt > maxAuthAge * 1000
  return tooOld ? refuse('login_too_old', ownerOf(principal)) : identity
}

/** By access token, and for page loads, where the session has ended only as far as the access token goes, by refresh cookie. */
export const createIdentifyOrRenew = (needs: IdentifyNeeds): Identify => {
  const { verbs, settings, cookies, takeover } = needs
  const byToken = createIdentify(needs)
  const identify: Identify = takeover
    ? (exchange, options) =>
        after(byToken(exchange, options), (identity) =>
          identity === undefined ? byOldSession(takeover, exchange, options) : identity,
        )
    : byToken
  if (!settings.silent) return identify

  const renew = async (exchange: Exchange, { maxAuthAge }: Strictness): Promise<Identity> => {
    const presented = cookieCredential(exchange, cookies, 'refresh')
    if (!presented || isRefusal(presented)) return presented
    const { token, transport } = presented.accepted
    const { source, store } = exchange
    const outcome = await verbs.refresh(
      token,
      { transport, source, hooks: takeover?.hooks(exchange) },
      store(),
    )
    // A page load with a session that has ended is anonymous, as without one.
    if (isRefusal(outcome)) return undefined
    exchange.headers.push(NO_STORE, ...cookies.setRefreshed(outcome.accepted))
    const verdict = await verbs.authenticate(outcome.accepted.accessToken, { maxAuthAge, transport }, store)
    return isRefusal(verdict) ? verdict : accept({ principal: verdict.accepted, transport })
  }

  return (exchange, options) =>
    after(identify(exchange, options), (identity) => {
      if (!isRenewable(identity) || !isPageLoad(exchange.request)) return identity
      return renew(exchange, options)
    })
}
