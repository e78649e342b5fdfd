/** Carries Express requests to `@auth/core/http` and its answers back. */

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
import type { NextFunction, Request, Response } from 'express'

/**
 * Middleware that puts a `P` into `res.locals.auth`. It says nothing about path, body and query, so that Express infers
 * those for the handlers after it from the route, and `res.locals` from here.
 */
export type Guard<P> = (
  req: NodeRequest,
  res: Response<unknown, { auth: P }>,
  next: NextFunction,
) => Promise<void>

/** Sessions for an Express application. `login`, `refresh`, `logout` and `revoke` add headers and never end the response. */
export interface ExpressAuth<C extends object = object> extends Pick<Auth<C>, 'sessions' | 'asOf' | 'close'> {
  /** The same sessions without HTTP: for jobs, for scripts, and for tokens in the application's own tests. */
  readonly core: Auth<C>
  /** Lets signed-in requests through, with `res.locals.auth`; with `optional`, that is null for anonymous ones. */
  guard(options: GuardOptions & { readonly optional: true }): Guard<Principal<C> | null>
  guard(options?: GuardOptions): Guard<Principal<C>>
  /** Answers `POST /auth/refresh`, `/auth/logout`, `/auth/logout-all` and the rest; mount it at the root. */
  endpoints(): (req: Request, res: Response, next: NextFunction) => Promise<void>
  /** Signs in somebody whom the application has just recognised. Sets cookies, or gives `tokens` for a bearer client. */
  login(req: Request, res: Response, input: HttpLoginInput): Promise<SignedIn<C>>
  /** Trades the presented refresh token for a new pair. */
  refresh(req: Request, res: Response): Promise<SignedIn<C>>
  /** Ends the session of the presented tokens and clears its cookies. */
  logout(req: Request, res: Response): Promise<void>
  /** Says who sends a request that is no route, a WebSocket's upgrade for instance, or throws an `AuthError`. */
  authenticate(req: NodeRequest, options?: AuthenticateOptions): Promise<Principal<C>>
  /** Revokes a token, a session or a subject; with `res`, a session to keep gets its new access cookie. */
  revoke(target: RevokeTarget, res?: Response): Promise<boolean>
  /** Wraps an async handler for Express 4, which loses its rejections otherwise. Express 5 needs no wrapper. */
  handler<H extends (...args: never[]) => unknown>(handle: H): H
}

const requestOf = (req: Request) => fromNodeRequest(req, { url: req.originalUrl, body: req.body, ip: req.ip })

const APPENDED = new Set(['set-cookie', 'vary'])

type AnyResponse = Pick<Response<unknown>, 'append' | 'setHeader' | 'status' | 'end' | 'json'>

const setHeaders = (res: AnyResponse, headers: readonly Header[]): void => {
  for (const [name, value] of headers) {
    if (APPENDED.has(name.toLowerCase())) res.append(name, value)
    else res.setHeader(name, value)
  }
}

const send = (res: AnyResponse, { status, headers, body }: AuthReply): void => {
  setHeaders(res, headers)
  res.status(status)
  if (body === null) res.end()
  else res.json(body)
}

const handler: ExpressAuth['handler'] = (handle) => {
  const wrapped = async (...args: never[]): Promise<void> => {
    try {
      await handle(...args)
    } catch (error) {
      ;(args.at(-1) as unknown as NextFunction)(error)
    }
  }
  return wrapped as unknown as typeof handle
}

/**
 * Creates the sessions of an Express application.
 *
 * @throws AuthError `invalid_options`, listing every problem at once
 * @example
 * const auth = createAuth({ secret: process.env.SESSION_SECRET, store: memoryStore() })
 * app.use(auth.endpoints())
 * app.get('/me', auth.guard(), (req, res) => res.json(res.locals.auth))
 */
export const createAuth = <C extends object = Record<string, never>>(
  options: HttpAuthOptions<C>,
): ExpressAuth<C> => {
  const http = createHttpAuth<C>(options)
  const { core } = http
  const guard =
    (given?: GuardOptions): Guard<Principal<C> | null> =>
    async (req, res, next) => {
      const outcome = await http.guard(requestOf(req as Request), given)
      if (outcome.reply) return send(res, outcome.reply)
      setHeaders(res, outcome.headers)
      res.locals.auth = outcome.principal
      next()
    }
  return {
    core,
    guard: guard as ExpressAuth<C>['guard'],
    endpoints: () => async (req, res, next) => {
      const reply = await http.endpoints(requestOf(req))
      if (reply) send(res, reply)
      else next()
    },
    login: async (req, res, input) => {
      const { headers, ...signedIn } = await http.login(requestOf(req), input)
      setHeaders(res, headers)
      return signedIn
    },
    refresh: async (req, res) => {
      const { headers, ...signedIn } = await http.refresh(requestOf(req))
      setHeaders(res, headers)
      return signedIn
    },
    logout: async (req, res) => setHeaders(res, (await http.logout(requestOf(req))).headers),
    authenticate: (req, given) => http.authenticate(fromNodeRequest(req), given),
    revoke: async (target, res) => {
      const { changed, headers } = await http.revoke(target)
      if (res) setHeaders(res, headers)
      return changed
    },
    handler,
    sessions: core.sessions,
    asOf: core.asOf,
    close: core.close,
  }
}
