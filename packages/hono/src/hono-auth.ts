/** Carries Hono contexts to `@auth/core/http` and its answers back. */

import {
  type Auth,
  type AuthenticateOptions,
  isAuthError,
  type Principal,
  type RevokeTarget,
} from '@auth/core'
import {
  type AuthReply,
  createHttpAuth,
  fromFetchRequest,
  type GuardOptions,
  type Header,
  type HttpAuthOptions,
  type HttpLoginInput,
  type SignedIn,
} from '@auth/core/http'
import type { Context, MiddlewareHandler } from 'hono'

/** Middleware that puts a `P` into `c.var.auth`. */
export type Guard<P> = MiddlewareHandler<{ Variables: { auth: P } }>

/** Sessions for a Hono application. `login`, `refresh`, `logout` and `revoke` add headers and never end the response. */
export interface HonoAuth<C extends object = object> extends Pick<Auth<C>, 'sessions' | 'asOf' | 'close'> {
  /** The same sessions without HTTP: for jobs, for scripts, and for tokens in the application's own tests. */
  readonly core: Auth<C>
  /** Lets signed-in requests through, with `c.var.auth`; with `optional`, that is null for anonymous ones. */
  guard(options: GuardOptions & { readonly optional: true }): Guard<Principal<C> | null>
  guard(options?: GuardOptions): Guard<Principal<C>>
  /** Answers `POST /auth/refresh`, `/auth/logout`, `/auth/logout-all` and the rest; use it at the root. */
  endpoints(): MiddlewareHandler
  /** Signs in somebody whom the application has just recognised. Sets cookies, or gives `tokens` for a bearer client. */
  login(c: Context, input: HttpLoginInput): Promise<SignedIn<C>>
  /** Trades the presented refresh token for a new pair. */
  refresh(c: Context): Promise<SignedIn<C>>
  /** Ends the session of the presented tokens and clears its cookies. */
  logout(c: Context): Promise<void>
  /** Says who sends a request that is no route, a WebSocket's upgrade for instance, or throws an `AuthError`. */
  authenticate(request: Request, options?: AuthenticateOptions): Promise<Principal<C>>
  /** Revokes a token, a session or a subject; with `c`, a session to keep gets its new access cookie. */
  revoke(target: RevokeTarget, c?: Context): Promise<boolean>
}

const requestOf = ({ req }: Context) => fromFetchRequest(req.raw, { body: () => req.text() })

const setHeaders = (c: Context, headers: readonly Header[]): void => {
  for (const [name, value] of headers)
    c.header(name, value, { append: ['set-cookie', 'vary'].includes(name.toLowerCase()) })
}

const send = (c: Context, { status, headers, body }: AuthReply): Response => {
  setHeaders(c, headers)
  return c.newResponse(
    body && JSON.stringify(body),
    status as never,
    body ? { 'Content-Type': 'application/json' } : {},
  )
}

/** Lets Hono's own error handler answer an `AuthError`: it asks errors for their response. */
const answerable = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (!isAuthError(error)) throw error
    const { code, status, headers } = error
    const lines = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().map((line): [string, string] => [name, line]),
    )
    throw Object.assign(error, {
      getResponse: () =>
        Response.json({ error: status === 500 ? 'server_error' : code }, { status, headers: lines }),
    })
  }
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
  const { core } = http
  const guard =
    (given?: GuardOptions): Guard<Principal<C> | null> =>
    async (c, next) => {
      const outcome = await http.guard(requestOf(c), given)
      if (outcome.reply) return send(c, outcome.reply)
      setHeaders(c, outcome.headers)
      c.set('auth', outcome.principal)
      return next()
    }
  return {
    core,
    guard: guard as HonoAuth<C>['guard'],
    endpoints: () => async (c, next) => {
      const reply = await http.endpoints(requestOf(c))
      return reply ? send(c, reply) : next()
    },
    login: async (c, input) => {
      const { headers, ...signedIn } = await answerable(http.login(requestOf(c), input))
      setHeaders(c, headers)
      return signedIn
    },
    refresh: async (c) => {
      const { headers, ...signedIn } = await answerable(http.refresh(requestOf(c)))
      setHeaders(c, headers)
      return signedIn
    },
    logout: async (c) => setHeaders(c, (await answerable(http.logout(requestOf(c)))).headers),
    authenticate: (request, given) => answerable(http.authenticate(fromFetchRequest(request), given)),
    revoke: async (target, c) => {
      const { changed, headers } = await answerable(http.revoke(target))
      if (c) setHeaders(c, headers)
      return changed
    },
    sessions: (subject) => answerable(core.sessions(subject)),
    asOf: (subject) => answerable(core.asOf(subject)),
    close: core.close,
  }
}
