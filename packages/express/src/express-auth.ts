/** Carries Express requests to `@auth/core/http` and its answers back. */

import type { AuthenticateOptions, Principal, Report, RevokeOptions, RevokeTarget } from '@auth/core'
import {
  addToNode,
  assertNotStarted,
  createHttpAuth,
  fromNodeRequest,
  type GuardOptions,
  type GuardOutcome,
  type HttpAuthOptions,
  type HttpLoginInput,
  type HttpVerbs,
  type NodeRequest,
  type SignedIn,
  toNodeResponse,
  verbsOf,
} from '@auth/core/http'
import type { NextFunction, Request, Response } from 'express'

/**
 * Middleware that puts a `P` into `res.locals.auth`. It says nothing about path, body and query, so that Express infers
 * those for the handlers after it from the route, and `res.locals` from here.
 */
export type Guard<P> = (req: NodeRequest, res: Response<unknown, { auth: P }>, next: NextFunction) => void

/** Sessions for an Express application. `login`, `refresh`, `logout` and `revoke` add headers and never end the response. */
export interface ExpressAuth<C extends object = object>
  extends Pick<HttpVerbs<C, Response>, 'core' | 'sessions' | 'asOf' | 'watch' | 'close'> {
  /** Lets signed-in requests through, with `res.locals.auth`; with `optional`, that is null for anonymous ones. */
  guard(options: GuardOptions & { readonly optional: true }): Guard<Principal<C> | null>
  guard(options?: GuardOptions): Guard<Principal<C>>
  /** Answers `POST /auth/refresh`, `/auth/logout`, `/auth/logout-all` and the rest; mount it at the root. */
  endpoints(): (req: Request, res: Response, next: NextFunction) => Promise<void>
  /** Signs in a user whom the application has just recognised. Sets cookies, or gives `tokens` for a bearer client. */
  login(req: Request, res: Response, input: HttpLoginInput): Promise<SignedIn<C>>
  /** Trades the presented refresh token. */
  refresh(req: Request, res: Response): Promise<SignedIn<C>>
  /** Ends the session of the presented tokens and clears its cookies. */
  logout(req: Request, res: Response): Promise<void>
  /** Says who sends a request that is no route, a WebSocket's upgrade for instance, or throws an `AuthError`. */
  authenticate(req: NodeRequest, options?: AuthenticateOptions): Promise<Principal<C>>
  /** Revokes a token, a session or a subject; with `res`, a session to keep gets its new access cookie. */
  revoke(target: RevokeTarget, res?: Response, options?: RevokeOptions): Promise<boolean>
  /** Enters a failed password into the audit log; with `res`, also where it was typed. */
  report(event: Report, res?: Response): void
  /** Wraps an async handler for Express 4, which loses its rejections otherwise. Express 5 needs no wrapper. */
  handler<H extends (...args: never[]) => unknown>(handle: H): H
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
  const requestOf = (req: Request) =>
    fromNodeRequest(req, {
      url: req.originalUrl,
      body: req.body,
      ip: () => (http.ip ? http.ip(req) : req.ip),
    })
  const verbs = verbsOf<C, Response>(http, {
    request: (res) => {
      assertNotStarted(res)
      return requestOf(res.req)
    },
    add: addToNode,
  })
  const guard = (given?: GuardOptions): Guard<Principal<C> | null> => {
    const decide = http.guard(given)
    return (req, res, next) => {
      const carry = (outcome: GuardOutcome<C>): void => {
        if (outcome.reply) {
          toNodeResponse(res, outcome.reply)
          return
        }
        addToNode(res, outcome.headers)
        res.locals.auth = outcome.principal
        next()
      }
      const outcome = decide(requestOf(req as Request))
      if (outcome instanceof Promise) outcome.then(carry).catch(next)
      else carry(outcome)
    }
  }
  return {
    ...verbs,
    guard: guard as ExpressAuth<C>['guard'],
    endpoints: () => async (req, res, next) => {
      const reply = await http.endpoints(requestOf(req))
      if (reply) toNodeResponse(res, reply)
      else next()
    },
    login: (_req, res, input) => verbs.login(res, input),
    refresh: (_req, res) => verbs.refresh(res),
    logout: (_req, res) => verbs.logout(res),
    authenticate: (req, given) => verbs.identify(fromNodeRequest(req), given),
    handler,
  }
}
