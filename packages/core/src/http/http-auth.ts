/** `createHttpAuth`: the core and HTTP bound together, for adapters to carry to a framework. */

import { type Auth, authOf, createVerbs } from '../auth.js'
import { readInput } from '../checks.js'
import type { AuthError } from '../errors.js'
import { AUTHENTICATE_CHECKS, type AuthenticateOptions } from '../flows/authenticate.js'
import { REVOKE_CHECKS, type RevokeOptions, type RevokeTarget } from '../flows/revoke.js'
import type { MaybePromise } from '../maybe-promise.js'
import { accept, isRefusal, type Outcome, refuse, type Settled } from '../outcome.js'
import type { Principal } from '../token/claims.js'
import { createCookies } from './cookies.js'
import { createEndpoints } from './endpoints.js'
import { type Exchange, openExchange } from './exchange.js'
import { createGuard, type Guard, type GuardOptions } from './guard.js'
import { type HttpAuthOptions, settingsFrom } from './http-options.js'
import { createIdentify, createIdentifyOrRenew } from './identify.js'
import { type AuthReply, type AuthRequest, type Header, NO_STORE } from './message.js'
import { replyTo } from './reply-to.js'
import { createSignIn, type HttpLoginInput, type SignedIn } from './sign-in.js'
import { createTakeover } from './takeover.js'

/** What a verb gave, with the headers that belong on the response in either case. */
export type HttpOutcome<T> = { readonly headers: readonly Header[] } & (
  | { readonly value: T; readonly error: null }
  | { readonly value: null; readonly error: AuthError }
)

/** The library over HTTP, without a framework. An adapter turns its request into an `AuthRequest` and carries answers back. */
export interface HttpAuth<C extends object = object> {
  /** The same sessions without HTTP. */
  readonly core: Auth<C>
  /**
   * Makes the guard of a route; it answers in the same tick where all is known.
   *
   * @throws AuthError `invalid_options`
   */
  guard(options?: GuardOptions): Guard<C>
  /** Opens a session; `tokens` of a bearer client go into the response's body. */
  login(request: AuthRequest, input: HttpLoginInput): Promise<HttpOutcome<SignedIn<C>>>
  /** Trades the presented refresh token. */
  refresh(request: AuthRequest): Promise<HttpOutcome<SignedIn<C>>>
  /** Ends the session of the presented tokens. */
  logout(request: AuthRequest): Promise<HttpOutcome<null>>
  /** Answers the endpoints under `path`; null where the request is not for them. Never rejects. */
  endpoints(request: AuthRequest): Promise<AuthReply | null>
  /** Says who sends a request, where there is no route: a WebSocket's upgrade, for instance. */
  authenticate(request: AuthRequest, options?: AuthenticateOptions): Promise<HttpOutcome<Principal<C>>>
  /** Revokes; the headers carry the new access cookie of a session that was kept. True where something changed. */
  revoke(target: RevokeTarget, request?: AuthRequest, options?: RevokeOptions): Promise<HttpOutcome<boolean>>
  /** The option `ip`, for adapters. */
  readonly ip: ((context: unknown) => string | undefined) | undefined
  /** Turns an error into the reply that the endpoints would give. */
  replyTo(error: unknown): AuthReply
}

/**
 * Creates the library over HTTP. Synchronous, like `createAuth`.
 *
 * @throws AuthError `invalid_options`, listing every problem at once
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createHttpAuth = <C extends object = Record<string, never>>(
  options: HttpAuthOptions<C>,
): HttpAuth<C> => {
  const { http: settings, core, realm } = settingsFrom(options)
  const verbs = createVerbs(core, settings.takeover?.until)
  const cookies = createCookies(settings)
  const takeover = settings.takeover && createTakeover({ verbs, settings, cookies }, settings.takeover)
  const needs = { verbs, settings, cookies, takeover }
  const identify = createIdentify(needs)
  const signIn = createSignIn(needs)
  const open = (request: AuthRequest) => openExchange(verbs, request)
  const endpoints = createEndpoints({ verbs, identify, signIn, cookies, mounts: settings.mounts })
  const guard = createGuard({ identify: createIdentifyOrRenew(needs), settle: verbs.settle, open, realm })

  const settled = <T>(exchange: Exchange, work: () => MaybePromise<Outcome<T>>): MaybePromise<Settled<T>> => {
    const { source } = exchange
    return verbs.settle(work, () => source)
  }
  const run = async <T>(
    request: AuthRequest,
    work: (exchange: Exchange) => MaybePromise<Outcome<unknown>>,
  ): Promise<HttpOutcome<T>> => {
    const exchange = open(request)
    const outcome = (await settled(exchange, () => work(exchange))) as Settled<T>
    return { ...outcome, headers: exchange.headers }
  }

  return {
    core: authOf<C>(verbs),
    guard: guard as HttpAuth<C>['guard'],
    login: (request, input) => run(request, (exchange) => signIn.login(exchange, input)),
    refresh: (request) => run(request, signIn.refresh),
    logout: (request) => run(request, signIn.logout),
    endpoints: async (request) => {
      const route = endpoints(request)
      if (route === null || route.reply !== null) return route?.reply ?? null
      const exchange = open(request)
      const { value, error } = await settled(exchange, () => route.run(exchange))
      const reply = error ? replyTo(error, realm) : { ...value, headers: [] }
      return { ...reply, headers: [...reply.headers, ...exchange.headers] }
    },
    authenticate: (request, given = {}) =>
      run(request, async (exchange) => {
        const strict = readInput<AuthenticateOptions>('authenticate', given, AUTHENTICATE_CHECKS)
        const identity = await identify(exchange, strict)
        if (identity === undefined) return refuse('absent')
        return isRefusal(identity) ? identity : accept(identity.accepted.principal)
      }),
    revoke: async (target, request, given = {}) => {
      const headers: Header[] = []
      const source = request?.source
      const settling = verbs.settle(
        async () => {
          const read = readInput<RevokeOptions>('revoke', given, REVOKE_CHECKS)
          const from = source ?? read.source
          const outcome = await verbs.revoke(target, { ...read, source: from }, verbs.store(from))
          if (isRefusal(outcome)) return outcome
          const { changed, kept } = outcome.accepted
          if (kept?.principal.transport === 'cookie') headers.push(NO_STORE, ...cookies.setAccess(kept))
          return accept(changed)
        },
        () => source,
      )
      return { ...(await settling), headers }
    },
    ip: settings.ip,
    replyTo: (error) => replyTo(error, realm),
  }
}
