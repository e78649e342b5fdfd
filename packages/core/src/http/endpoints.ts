/** The endpoints: refresh, logout and the list of devices, ready to mount. */

import type { Verbs } from '../auth.js'
import type { SessionInfo } from '../flows/sessions.js'
import { MAX_IDENTIFIER } from '../limits.js'
import { accept, isRefusal, type Outcome, refuse } from '../outcome.js'
import type { Cookies } from './cookies.js'
import type { Exchange } from './exchange.js'
import type { Identified, Identify } from './identity.js'
import { type AuthReply, type AuthRequest, type Header, NO_STORE, pathOf } from './message.js'
import type { SignIn } from './sign-in.js'

/** What an endpoint answers besides the headers of its exchange. */
interface Answer {
  readonly status: number
  readonly body: object | null
}

/** Answers one route. @param rest - what follows the route's prefix */
type Handler = (exchange: Exchange, rest: string) => Promise<Outcome<Answer>>

/** What the endpoints work with. */
export interface EndpointsNeeds {
  readonly verbs: Pick<Verbs, 'revoke' | 'sessions' | 'jwks'>
  readonly identify: Identify
  readonly signIn: SignIn
  readonly cookies: Cookies
  /** The paths under which they answer. */
  readonly mounts: readonly string[]
}

/** A found route, ready to run; or the reply to a method that the path does not have. */
export type Route =
  | { readonly reply: null; readonly run: (exchange: Exchange) => Promise<Outcome<Answer>> }
  | { readonly reply: AuthReply }

/** As long as a verifier may go on accepting a key that was revoked; shorter than keys are published before they sign. */
const JWKS_CACHING: Header = ['Cache-Control', 'public, max-age=300']

const NO_CONTENT: Answer = { status: 204, body: null }

const describe = ({ id, createdAt, lastSeenAt, device }: SessionInfo, current: string) => ({
  id,
  current: id === current,
  createdAt,
  lastSeenAt,
  device: device ?? null,
})

const handlersOf = ({ verbs, identify, signIn, cookies }: EndpointsNeeds): Record<string, Handler> => {
  const { jwks } = verbs
  /** A route for signed-in callers, which lists or revokes: always asked of the store. */
  const guarded =
    (handle: (exchange: Exchange, caller: Identified, rest: string) => Promise<Outcome<Answer>>): Handler =>
    async (exchange, rest) => {
      const identity = await identify(exchange, { revocation: 'store' })
      exchange.headers.push(NO_STORE)
      if (identity === undefined) return refuse('absent')
      return isRefusal(identity) ? identity : handle(exchange, identity.accepted, rest)
    }
  const published: Handler = async ({ headers }) => {
    const outcome = await jwks?.()
    if (!outcome || isRefusal(outcome)) return outcome ?? refuse('absent')
    headers.push(JWKS_CACHING)
    return accept({ status: 200, body: outcome.accepted })
  }
  return {
    ...(jwks ? { 'GET /jwks.json': published } : {}),
    'POST /refresh': async (exchange) => {
      const outcome = await signIn.refresh(exchange)
      if (isRefusal(outcome)) return outcome
      const { tokens, expiresIn } = outcome.accepted
      return accept({ status: 200, body: tokens ?? { expires_in: expiresIn } })
    },
    'POST /logout': async (exchange) => {
      const outcome = await signIn.logout(exchange)
      return isRefusal(outcome) ? outcome : accept(NO_CONTENT)
    },
    'POST /logout-all': guarded(async ({ source, store, headers }, { principal, transport }) => {
      await verbs.revoke({ subject: principal.subject }, { actor: 'user', source }, store())
      if (transport === 'cookie') headers.push(...cookies.clear())
      return accept(NO_CONTENT)
    }),
    'GET /sessions': guarded(async ({ store }, { principal }) => {
      const outcome = await verbs.sessions(principal.subject, store())
      if (isRefusal(outcome)) return outcome
      const sessions = outcome.accepted.map((session) => describe(session, principal.sessionId))
      return accept({ status: 200, body: { sessions } })
    }),
    'DELETE /sessions/': guarded(async ({ source, store, headers }, { principal, transport }, sessionId) => {
      // Another subject's session gets the same answer and no effect: ids cannot be probed.
      const target = { sessionId, subject: principal.subject }
      if (sessionId.length <= MAX_IDENTIFIER) await verbs.revoke(target, { actor: 'user', source }, store())
      if (sessionId === principal.sessionId && transport === 'cookie') headers.push(...cookies.clear())
      return accept(NO_CONTENT)
    }),
  }
}

/** What follows a mount in a path, without a slash at its end; undefined where the path is not below one. */
const below = (path: string, mounts: readonly string[]): string | undefined => {
  const mount = mounts.find((candidate) => path.startsWith(`${candidate}/`))
  return mount === undefined ? undefined : path.slice(mount.length).replace(/\/$/, '')
}

/**
 * Binds the endpoints. The result finds the route of a request; null where the request is not for them, and for every
 * `OPTIONS`, which the application's CORS middleware answers.
 */
export const createEndpoints = (needs: EndpointsNeeds): ((request: AuthRequest) => Route | null) => {
  const routes = Object.entries(handlersOf(needs)).map(([route, handle]) => {
    const [method, path] = route.split(' ') as [string, string]
    return { method, path, handle, isPrefix: path.endsWith('/') }
  })

  const matching = (path: string) =>
    routes.flatMap(({ method, path: own, handle, isPrefix }) => {
      const rest = isPrefix && path.startsWith(own) ? path.slice(own.length) : ''
      const fits = isPrefix ? rest !== '' && !rest.includes('/') : path === own
      return fits ? [{ method, handle, rest }] : []
    })

  return (request) => {
    const path = below(pathOf(request), needs.mounts)
    if (path === undefined || request.method === 'OPTIONS') return null
    const found = matching(path)
    if (found.length === 0) return null
    const wanted = request.method === 'HEAD' ? 'GET' : request.method
    const route = found.find(({ method }) => method === wanted)
    if (route) return { reply: null, run: (exchange) => route.handle(exchange, route.rest) }
    const allow = found.map(({ method }) => method).join(', ')
    return {
      reply: { status: 405, headers: [NO_STORE, ['Allow', allow]], body: { error: 'method_not_allowed' } },
    }
  }
}
