/** Login, refresh and logout over HTTP: which transport, which cookies, which body. */

import type { Verbs } from '../auth.js'
import { readInput, snapshotOf } from '../checks.js'
import { LOGIN_CHECKS, type LoginInput } from '../flows/login.js'
import type { LogoutInput } from '../flows/logout.js'
import { accept, isRefusal, type Outcome, refuse } from '../outcome.js'
import type { Principal } from '../token/claims.js'
import type { Pair, Refreshed } from '../token/issue.js'
import { type Cookies, cookieValues } from './cookies.js'
import { bodyCredential, headerCredential, refreshCredential } from './credential.js'
import { crossSiteRefusal } from './csrf.js'
import type { Exchange } from './exchange.js'
import type { HttpSettings } from './http-options.js'
import { NO_STORE, singleHeader } from './message.js'
import type { Takeover } from './takeover.js'

/** The token response of RFC 6749 section 5.1. */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** In seconds. */
  readonly expires_in: number
  /** Inside the overlap, the very token that was presented. Store it only where storage still holds what was sent. */
  readonly refresh_token: string
  /** Remaining life of the session if it is not refreshed, in seconds. */
  readonly refresh_expires_in: number
}

/** What signing in or refreshing gave. */
export interface SignedIn<C extends object = object> {
  /** What the new access token says. */
  readonly principal: Principal<C>
  /** Remaining life of the access token, in seconds. */
  readonly expiresIn: number
  /** For bearer clients only: put it into the response body. With cookies no script ever sees a token. */
  readonly tokens: TokenResponse | undefined
}

/** What an application says at login; the rest is read from the request. */
export type HttpLoginInput = Omit<LoginInput, 'source'>

/** What the verbs work with. */
export interface SignInNeeds {
  readonly takeover: Takeover | undefined
  readonly verbs: Pick<Verbs, 'login' | 'refresh' | 'logout' | 'revoke'>
  readonly settings: HttpSettings
  readonly cookies: Cookies
}

/** Login, refresh and logout, bound to one configuration. */
export interface SignIn {
  login(exchange: Exchange, input: HttpLoginInput): Promise<Outcome<SignedIn>>
  refresh(exchange: Exchange): Promise<Outcome<SignedIn>>
  /** Accepts once everything that was presented and is ours has ended. */
  logout(exchange: Exchange): Promise<Outcome<null>>
}

const isRefreshed = (pair: Pair | Refreshed): pair is Refreshed => Object.hasOwn(pair, 'rotated')

/** Binds the verbs. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createSignIn = ({ verbs, settings, cookies, takeover }: SignInNeeds): SignIn => {
  const signedIn = ({ headers }: Exchange, pair: Pair | Refreshed): SignedIn => {
    const { principal, expiresIn, accessToken, refreshToken, refreshExpiresIn } = pair
    headers.push(NO_STORE)
    if (principal.transport === 'cookie') {
      headers.push(...(isRefreshed(pair) ? cookies.setRefreshed(pair) : cookies.setPair(pair)))
      return { principal, expiresIn, tokens: undefined }
    }
    const tokens = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: expiresIn,
      refresh_token: refreshToken,
      refresh_expires_in: refreshExpiresIn,
    } as const
    return { principal, expiresIn, tokens }
  }

  /** Ends the sessions of all cookies of ours that a request carries, each value once, however many junk stands before it. */
  const endCookieSessions = async ({ request, source, store }: Exchange): Promise<void> => {
    const values = (name: string) => [...new Set(cookieValues(request, name))].filter((value) => value !== '')
    await Promise.all([
      ...values(cookies.access.name).map((accessToken) =>
        verbs.logout(snapshotOf<LogoutInput>({ accessToken, source }), store()),
      ),
      ...values(cookies.refresh.name).map((refreshToken) =>
        verbs.logout(snapshotOf<LogoutInput>({ refreshToken, source }), store()),
      ),
    ])
  }

  /** Ends the sessions that a login replaces; where that fails, so does the login, and leaves no session of its own behind. */
  const endReplaced = async (exchange: Exchange, { principal }: Pair): Promise<void> => {
    try {
      await endCookieSessions(exchange)
      await takeover?.endOld(exchange)
    } catch (error) {
      const { sessionId } = principal
      await verbs.revoke({ sessionId }, { source: exchange.source }, exchange.store()).catch(() => undefined)
      throw error
    }
  }

  return {
    login: async (exchange, given) => {
      const { request, source, store } = exchange
      const input = readInput<LoginInput>('login', given, LOGIN_CHECKS)
      const byCookie = (input.transport ?? 'cookie') === 'cookie'
      const forged = byCookie ? crossSiteRefusal(request, settings) : undefined
      if (forged) return forged
      const device = input.device ?? singleHeader(request, 'user-agent') ?? undefined
      const outcome = await verbs.login(
        snapshotOf<LoginInput>(input, device === undefined ? {} : { device }, { source }),
        store(),
      )
      if (isRefusal(outcome)) return outcome
      if (byCookie) await endReplaced(exchange, outcome.accepted)
      return accept(signedIn(exchange, outcome.accepted))
    },

    refresh: async (exchange) => {
      const { request, source, store } = exchange
      const presented = await refreshCredential(exchange, cookies)
      if (!presented) return refuse('absent')
      if (isRefusal(presented)) return presented
      const { token, transport } = presented.accepted
      const forged = transport === 'cookie' ? crossSiteRefusal(request, settings) : undefined
      if (forged) return forged
      const outcome = await verbs.refresh(
        token,
        { transport, source, hooks: takeover?.hooks(exchange) },
        store(),
      )
      return isRefusal(outcome) ? outcome : accept(signedIn(exchange, outcome.accepted))
    },

    logout: async (exchange) => {
      const { request, source, store, headers } = exchange
      const body = await bodyCredential(request)
      const header = headerCredential(request)
      const refusal = [header, body].find(isRefusal)
      if (refusal && !(body && !isRefusal(body))) return refusal
      if (body || header) {
        const accessToken = header && !isRefusal(header) ? header.accepted.token : undefined
        const refreshToken = body && !isRefusal(body) ? body.accepted.token : undefined
        await verbs.logout({ accessToken, refreshToken, source }, store())
        headers.push(NO_STORE)
        return accept(null)
      }
      // Also on a GET route of the application: a link on another page must not sign anybody out.
      const forged = crossSiteRefusal(request, settings, true)
      if (forged) return forged
      await endCookieSessions(exchange)
      await takeover?.endOld(exchange)
      headers.push(NO_STORE, ...cookies.clear())
      return accept(null)
    },
  }
}
