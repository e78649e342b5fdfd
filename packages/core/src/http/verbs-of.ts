/** `verbsOf`: the verbs of an adapter, given how its framework's context becomes a request and takes headers. */

import type { Auth } from '../auth.js'
import type { AuthenticateOptions } from '../flows/authenticate.js'
import type { Report } from '../flows/report.js'
import type { RevokeOptions, RevokeTarget } from '../flows/revoke.js'
import type { Principal } from '../token/claims.js'
import type { HttpAuth, HttpOutcome } from './http-auth.js'
import type { AuthRequest, Header } from './message.js'
import type { HttpLoginInput, SignedIn } from './sign-in.js'

/** What an adapter knows of its framework; `X` is what the framework hands its handlers. */
export interface Conversions<X> {
  /** Presents a context as a request. May throw an `AuthError` where its response has started. */
  request(context: X): AuthRequest
  /** Adds headers to the response of a context. */
  add(context: X, headers: readonly Header[]): void
  /** Turns what a verb throws into what the framework's error handling understands. Default: the error as it is. */
  raise?(error: unknown): unknown
}

/** Verbs that add their headers to the response, never end it, and reject with an `AuthError`. */
export interface HttpVerbs<C extends object, X>
  extends Pick<Auth<C>, 'sessions' | 'asOf' | 'watch' | 'close'> {
  /** The same sessions without HTTP: for jobs, for scripts, and for tokens in the application's own tests. */
  readonly core: Auth<C>
  /** Signs in a user whom the application has just recognised. Sets cookies, or gives `tokens` for a bearer client. */
  login(context: X, input: HttpLoginInput): Promise<SignedIn<C>>
  /** Trades the presented refresh token. */
  refresh(context: X): Promise<SignedIn<C>>
  /** Ends the session of the presented tokens and clears its cookies. */
  logout(context: X): Promise<void>
  /** Revokes a token, a session or a subject; with a context, a session to keep gets its new access cookie. */
  revoke(target: RevokeTarget, context?: X, options?: RevokeOptions): Promise<boolean>
  /** Says who sends a request that is no route. */
  identify(request: AuthRequest, options?: AuthenticateOptions): Promise<Principal<C>>
  /** Enters what only the application sees, a failed password for instance, into the audit log. */
  report(event: Report, context?: X): void
}

/** Binds the verbs of an adapter. */
export const verbsOf = <C extends object, X>(
  http: HttpAuth<C>,
  { request, add, raise = (error) => error }: Conversions<X>,
): HttpVerbs<C, X> => {
  const { core } = http
  const unwrap = <T>({ value, error }: HttpOutcome<T>): T => {
    if (error) throw raise(error)
    return value
  }
  const carry = async <T>(
    context: X,
    verb: (presented: AuthRequest) => Promise<HttpOutcome<T>>,
  ): Promise<T> => {
    const outcome = await verb(request(context))
    add(context, outcome.headers)
    return unwrap(outcome)
  }
  const raising = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw raise(error)
    })
  return {
    core,
    login: (context, input) => carry(context, (presented) => http.login(presented, input)),
    refresh: (context) => carry(context, http.refresh),
    logout: async (context) => {
      await carry(context, http.logout)
    },
    revoke: (target, context, options) =>
      context === undefined
        ? http.revoke(target, undefined, options).then(unwrap)
        : carry(context, (presented) => http.revoke(target, presented, options)),
    identify: async (presented, options) => unwrap(await http.authenticate(presented, options)),
    report: (event, context) =>
      core.report(context === undefined ? event : { ...event, source: request(context).source }),
    sessions: (subject) => raising(core.sessions(subject)),
    asOf: (subject) => raising(core.asOf(subject)),
    watch: core.watch,
    close: core.close,
  }
}
