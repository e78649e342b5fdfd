/** Carries Hono contexts to `@auth/core/http` and its answers back. */

import { type AuthenticateOptions, isAuthError, type Principal } from '@auth/core'
import {
  type AuthRequest,
  addToFetch,
  createHttpAuth,
  fromFetchRequest,
  fromNodeRequest,
  type GuardOptions,
  type Header,
  type HttpAuthOptions,
  type HttpVerbs,
  NO_STORE,
  type NodeRequest,
  toFetchResponse,
  verbsOf,
} from '@auth/core/http'
import type { Context, MiddlewareHandler } from 'hono'

/** Middleware that puts a `P` into `c.var.auth`. */
export type Guard<P> = MiddlewareHandler<{ Variables: { auth: P } }>

/** Sessions for a Hono application. `login`, `refresh`, `logout` and `revoke` add headers and never end the response. */
export interface HonoAuth<C extends object = object> extends Omit<HttpVerbs<C, Context>, 'identify'> {
  /** Lets signed-in requests through, with `c.var.auth`; with `optional`, that is null for anonymous ones. */
  guard(options: GuardOptions & { readonly optional: true }): Guard<Principal<C> | null>
  guard(options?: GuardOptions): Guard<Principal<C>>
  /**
   * Answers `POST /auth/refresh`, `/auth/logout`, `/auth/logout-all` and the rest; use it at the root. It also sees to it
   * that cookies leave with a `Response` that a handler made by itself.
   */
  endpoints(): MiddlewareHandler
  /** Says who sends a request that is no route, a WebSocket's upgrade for instance, or throws an `AuthError`. */
  authenticate(request: Request, options?: AuthenticateOptions): Promise<Principal<C>>
}

/** Under Node.js the raw message is at hand: reading it builds no `Headers` object. */
const guardedRequestOf = (c: Context, ip: () => string | undefined): AuthRequest => {
  const { incoming } = (c.env ?? {}) as { readonly incoming?: NodeRequest }
  return incoming?.rawHeaders ? fromNodeRequest(incoming, { ip }) : fromFetchRequest(c.req.raw, { ip })
}

/** Cookies that a context promised, to be appended to any response that it ends with. */
const promised = new WeakMap<Context, Header[]>()

/** Appends what is missing whenever a response is set: a handler may return one that it made by itself. */
const watchResponse = (c: Context, headers: Header[]): void => {
  const prototype = Object.getPrototypeOf(c)
  Object.defineProperty(c, 'res', {
    configurable: true,
    get: () => Reflect.get(prototype, 'res', c),
    set: (response: Response) => {
      const missing = headers.filter(([, line]) => !response.headers.getSetCookie().includes(line))
      Reflect.set(prototype, 'res', addToFetch(response, missing), c)
    },
  })
}

const add = (c: Context, headers: readonly Header[]): void => {
  for (const [name, value] of headers) {
    c.header(name, value, { append: name === 'Set-Cookie' || name === 'Vary' })
  }
  const cookies = headers.filter(([name]) => name === 'Set-Cookie')
  if (cookies.length === 0) return
  const kept = promised.get(c) ?? []
  kept.push(...cookies)
  if (!promised.has(c)) watchResponse(c, kept)
  promised.set(c, kept)
}

/** A response that carries cookies of ours is stored by no cache, whatever its handler has said. */
const keepFromCaches = (c: Context): void => {
  if (promised.has(c)) c.header(...NO_STORE)
}

/**
 * Creates the sessions of a Hono application.
 *
 * @throws AuthError `invalid_options`, listing every problem at once
 * @example
 * const auth = createAuth({ secret: process.env.SESSION_SECRET, store: memoryStore() })
 * app.use(auth.endpoints())
 * app.get('/me', auth.guard(), (c) => c.json(c.var.auth))
 */
export const createAuth = <C extends object = Record<string, never>>(
  options: HttpAuthOptions<C>,
): HonoAuth<C> => {
  const http = createHttpAuth<C>(options)
  const ipOf = (c: Context) => () => http.ip?.(c)
  const requestOf = (c: Context) => fromFetchRequest(c.req.raw, { body: () => c.req.text(), ip: ipOf(c) })
  const { identify, ...verbs } = verbsOf<C, Context>(http, {
    request: requestOf,
    add,
    // Hono's own error handler asks errors for their response.
    raise: (error) =>
      isAuthError(error)
        ? Object.assign(error, { getResponse: () => toFetchResponse(http.replyTo(error)) })
        : error,
  })
  const guard = (given?: GuardOptions): Guard<Principal<C> | null> => {
    const decide = http.guard(given)
    return async (c, next) => {
      const decided = decide(guardedRequestOf(c, ipOf(c)))
      const outcome = decided instanceof Promise ? await decided : decided
      if (outcome.reply) return toFetchResponse(outcome.reply)
      add(c, outcome.headers)
      c.set('auth', outcome.principal)
      await next()
      keepFromCaches(c)
      return undefined
    }
  }
  return {
    ...verbs,
    guard: guard as HonoAuth<C>['guard'],
    endpoints: () => async (c, next) => {
      const reply = await http.endpoints(requestOf(c))
      if (reply) return toFetchResponse(reply)
      await next()
      keepFromCaches(c)
      return undefined
    },
    authenticate: (request, given) => identify(fromFetchRequest(request), given),
  }
}
