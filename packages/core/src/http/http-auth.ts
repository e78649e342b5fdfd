/** `createHttpAuth`: the core and HTTP bound together, for adapters to carry to a framework. */

import { createAuth } from '../auth.js'
import { AuthError } from '../errors.js'
import { createEmit, defaultSink } from '../events.js'
import type { Auth, AuthenticateOptions, Principal, RevokeTarget } from '../index.js'
import { isDevelopment } from '../options.js'
import { NO_STORE } from './challenge.js'
import { createCookies } from './cookies.js'
import { endpoints } from './endpoints.js'
import { type GuardOptions, type GuardOutcome, guard, identify } from './guard.js'
import { type HttpContext, reporting } from './http-context.js'
import { type HttpAuthOptions, httpSettingsFrom } from './http-options.js'
import type { AuthReply, AuthRequest } from './message.js'
import { type HttpLoginInput, login, logout, refresh, type SignedIn, type WithHeaders } from './sign-in.js'

/** The library over HTTP, without a framework. An adapter turns its request into an `AuthRequest` and carries answers back. */
export interface HttpAuth<C extends object = object> {
  /** The same sessions without HTTP. */
  readonly core: Auth<C>
  /** Decides about a request to a guarded route. Never rejects. */
  guard(request: AuthRequest, options?: GuardOptions): Promise<GuardOutcome<C>>
  /** Opens a session; the headers go onto the response, `tokens` of a bearer client into its body. */
  login(request: AuthRequest, input: HttpLoginInput): Promise<SignedIn<C> & WithHeaders>
  /** Trades the presented refresh token for a new pair. */
  refresh(request: AuthRequest): Promise<SignedIn<C> & WithHeaders>
  /** Ends the session of the presented tokens. */
  logout(request: AuthRequest): Promise<WithHeaders>
  /** Answers the endpoints under `path`; null where the request is not for them. Never rejects. */
  endpoints(request: AuthRequest): Promise<AuthReply | null>
  /** Says who sends a request, for whatever is no route: a WebSocket's upgrade, say. */
  authenticate(request: AuthRequest, options?: AuthenticateOptions): Promise<Principal<C>>
  /** Revokes; `headers` carry the new access cookie of a session that was kept. */
  revoke(target: RevokeTarget): Promise<{ readonly changed: boolean } & WithHeaders>
}

/**
 * Creates the library over HTTP. Synchronous, like `createAuth`.
 *
 * @throws AuthError `invalid_options`, listing every problem at once
 */
export const createHttpAuth = <C extends object = Record<string, never>>(
  options: HttpAuthOptions<C>,
): HttpAuth<C> => {
  const { http: settings, core: coreOptions } = httpSettingsFrom(options)
  const core = createAuth<C>(coreOptions)
  const sink = coreOptions.onEvent ?? defaultSink(isDevelopment(coreOptions))
  const context: HttpContext<C> = {
    core,
    settings,
    cookies: createCookies(settings),
    emit: createEmit(sink, coreOptions.now ?? Date.now),
    realm: coreOptions.issuer ?? 'app',
  }
  return {
    core,
    guard: (request, given) => guard(context, request, given),
    login: (request, input) => reporting(context, request, () => login(context, request, input)),
    refresh: (request) => reporting(context, request, () => refresh(context, request)),
    logout: (request) => reporting(context, request, () => logout(context, request)),
    endpoints: (request) => endpoints(context, request),
    authenticate: (request, given) =>
      reporting(context, request, async () => {
        const identified = await identify(context, request, given)
        if (!identified) throw new AuthError('unauthenticated', 'Sign in first.', { reason: 'absent' })
        return identified.principal
      }),
    revoke: async (target) => {
      const { changed, kept } = await core.revoke(target)
      const byCookie = kept?.principal.transport === 'cookie'
      return { changed, headers: byCookie ? [NO_STORE, ...context.cookies.setAccess(kept)] : [] }
    },
  }
}
