/** Carries Koa contexts to `@auth/core/http` and its answers back. */

import type { Auth, AuthenticateOptions, Principal, RevokeTarget } from '@auth/core'
import {
  type AuthReply,
  createHttpAuth,
  fromNodeRequest,
  type GuardOptions,
  type Header,
  type HttpAuthOptions,
  type HttpLoginInput,
  type NodeRequest,
  type SignedIn,
} from '@auth/core/http'
import type { Context, Middleware } from 'koa'

/** Sessions for a Koa application. `login`, `refresh`, `logout` and `revoke` add headers and never end the response. */
export interface KoaAuth<C extends object = object> extends Pick<Auth<C>, 'sessions' | 'asOf' | 'close'> {
  /** The same sessions without HTTP: for jobs, for scripts, and for tokens in the application's own tests. */
  readonly core: Auth<C>
  /** Lets signed-in requests through, with `ctx.state.auth`; with `optional`, that is null for anonymous ones. */
  guard(options: GuardOptions & { readonly optional: true }): Middleware<{ auth: Principal<C> | null }>
  guard(options?: GuardOptions): Middleware<{ auth: Principal<C> }>
  /** Answers `POST /auth/refresh`, `/auth/logout`, `/auth/logout-all` and the rest; use it at the root. */
  endpoints(): Middleware
  /** Signs in somebody whom the application has just recognised. Sets cookies, or gives `tokens` for a bearer client. */
  login(ctx: Context, input: HttpLoginInput): Promise<SignedIn<C>>
  /** Trades the presented refresh token for a new pair. */
  refresh(ctx: Context): Promise<SignedIn<C>>
  /** Ends the session of the presented tokens and clears its cookies. */
  logout(ctx: Context): Promise<void>
  /** Says who sends a request that is no route, a WebSocket's upgrade for instance, or throws an `AuthError`. */
  authenticate(req: NodeRequest, options?: AuthenticateOptions): Promise<Principal<C>>
  /** Revokes a token, a session or a subject; with `ctx`, a session to keep gets its new access cookie. */
  revoke(target: RevokeTarget, ctx?: Context): Promise<boolean>
}

type AnyContext = Pick<Context, 'req' | 'request' | 'originalUrl' | 'ip' | 'append' | 'set'>

const requestOf = (ctx: AnyContext) => {
  const { body } = ctx.request as { readonly body?: unknown }
  return fromNodeRequest(ctx.req, { url: ctx.originalUrl, body, ip: ctx.ip })
}

/** Appends by hand: `ctx.cookies.set` would refuse Secure behind a proxy that ends TLS. */
const setHeaders = (ctx: Pick<AnyContext, 'append' | 'set'>, headers: readonly Header[]): void => {
  for (const [name, value] of headers) {
    if (['set-cookie', 'vary'].includes(name.toLowerCase())) ctx.append(name, value)
    else ctx.set(name, value)
  }
}

const send = (
  ctx: Pick<Context, 'append' | 'set' | 'status' | 'body'>,
  { status, headers, body }: AuthReply,
): void => {
  setHeaders(ctx, headers)
  ctx.status = status
  ctx.body = body
}

/** Koa drops all headers of a response when a handler throws; cookies of a rotation that was written must not be among them. */
const keepingCookies = async (headers: readonly Header[], next: () => Promise<unknown>): Promise<unknown> => {
  const lines = headers.flatMap(([name, line]) => (name === 'Set-Cookie' ? [line] : []))
  try {
    return await next()
  } catch (error) {
    if (lines.length > 0 && error instanceof Error) {
      Object.assign(error, { headers: { ...(error as { headers?: object }).headers, 'Set-Cookie': lines } })
    }
    throw error
  }
}

/**
 * Creates the sessions of a Koa application.
 *
 * @throws AuthError `invalid_options`, listing every problem at once
 * @example
 * const auth = createAuth({ secret: process.env.SESSION_SECRET, store: memoryStore() })
 * app.use(auth.endpoints())
 * router.get('/me', auth.guard(), (ctx) => { ctx.body = ctx.state.auth })
 */
export const createAuth = <C extends object = Record<string, never>>(
  options: HttpAuthOptions<C>,
): KoaAuth<C> => {
  const http = createHttpAuth<C>(options)
  const { core } = http
  const guard =
    (given?: GuardOptions): Middleware<{ auth: Principal<C> | null }> =>
    async (ctx, next) => {
      const outcome = await http.guard(requestOf(ctx), given)
      if (outcome.reply) return send(ctx, outcome.reply)
      setHeaders(ctx, outcome.headers)
      ctx.state.auth = outcome.principal
      return keepingCookies(outcome.headers, next)
    }
  return {
    core,
    guard: guard as KoaAuth<C>['guard'],
    endpoints: () => async (ctx, next) => {
      const reply = await http.endpoints(requestOf(ctx))
      return reply ? send(ctx, reply) : next()
    },
    login: async (ctx, input) => {
      const { headers, ...signedIn } = await http.login(requestOf(ctx), input)
      setHeaders(ctx, headers)
      return signedIn
    },
    refresh: async (ctx) => {
      const { headers, ...signedIn } = await http.refresh(requestOf(ctx))
      setHeaders(ctx, headers)
      return signedIn
    },
    logout: async (ctx) => setHeaders(ctx, (await http.logout(requestOf(ctx))).headers),
    authenticate: (req, given) => http.authenticate(fromNodeRequest(req), given),
    revoke: async (target, ctx) => {
      const { changed, headers } = await http.revoke(target)
      if (ctx) setHeaders(ctx, headers)
      return changed
    },
    sessions: core.sessions,
    asOf: core.asOf,
    close: core.close,
  }
}
