/** Carries Koa contexts to `@auth/core/http` and its answers back. */

import type { AuthenticateOptions, Principal } from '@auth/core'
import {
  addToNode,
  assertNotStarted,
  createHttpAuth,
  fromNodeRequest,
  type GuardOptions,
  type HttpAuthOptions,
  type HttpVerbs,
  type NodeRequest,
  verbsOf,
} from '@auth/core/http'
import type { Context, Middleware } from 'koa'

/** Sessions for a Koa application. `login`, `refresh`, `logout` and `revoke` add headers and never end the response. */
export interface KoaAuth<C extends object = object> extends Omit<HttpVerbs<C, Context>, 'identify'> {
  /** Lets signed-in requests through, with `ctx.state.auth`; with `optional`, that is null for anonymous ones. */
  guard(options: GuardOptions & { readonly optional: true }): Middleware<{ auth: Principal<C> | null }>
  guard(options?: GuardOptions): Middleware<{ auth: Principal<C> }>
  /** Answers `POST /auth/refresh`, `/auth/logout`, `/auth/logout-all` and the rest; use it at the root. */
  endpoints(): Middleware
  /** Says who sends a request that is no route, a WebSocket's upgrade for instance, or throws an `AuthError`. */
  authenticate(req: NodeRequest, options?: AuthenticateOptions): Promise<Principal<C>>
}

type AnyContext = Pick<Context, 'req' | 'res' | 'request' | 'originalUrl' | 'ip'>

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
  const requestOf = (ctx: AnyContext) => {
    const { body } = ctx.request as { readonly body?: unknown }
    return fromNodeRequest(ctx.req, {
      url: ctx.originalUrl,
      body,
      ip: () => (http.ip ? http.ip(ctx) : ctx.ip),
    })
  }
  const { identify, ...verbs } = verbsOf<C, Context>(http, {
    request: (ctx) => {
      assertNotStarted(ctx.res)
      return requestOf(ctx)
    },
    // On the raw response: Koa drops the headers of a context when a handler throws, and `ctx.cookies` refuses Secure behind a TLS proxy.
    add: (ctx, headers) => addToNode(ctx.res, headers),
  })
  const send = (
    ctx: Pick<Context, 'res' | 'status' | 'body'>,
    reply: ReturnType<typeof http.replyTo>,
  ): void => {
    addToNode(ctx.res, reply.headers)
    ctx.status = reply.status
    ctx.body = reply.body
  }
  const guard = (given?: GuardOptions): Middleware<{ auth: Principal<C> | null }> => {
    const decide = http.guard(given)
    return async (ctx, next) => {
      const decided = decide(requestOf(ctx))
      const outcome = decided instanceof Promise ? await decided : decided
      if (outcome.reply) return send(ctx, outcome.reply)
      addToNode(ctx.res, outcome.headers)
      ctx.state.auth = outcome.principal
      return next()
    }
  }
  return {
    ...verbs,
    guard: guard as KoaAuth<C>['guard'],
    endpoints: () => async (ctx, next) => {
      const reply = await http.endpoints(requestOf(ctx))
      return reply ? send(ctx, reply) : next()
    },
    authenticate: (req, given) => identify(fromNodeRequest(req), given),
  }
}
