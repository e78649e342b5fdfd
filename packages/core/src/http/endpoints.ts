/** The endpoints under `path`: refresh, logout and the list of devices, ready to mount. */

import { AuthError } from '../errors.js'
import type { Principal, SessionInfo } from '../index.js'
import { failure, NO_STORE } from './challenge.js'
import type { Credential } from './credential.js'
import { identify } from './guard.js'
import { type HttpContext, reporting } from './http-context.js'
import { type AuthReply, type AuthRequest, type Header, pathOf } from './message.js'
import { logout, refresh } from './sign-in.js'

type Handler = <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
  rest: string,
) => Promise<AuthReply>

/** No id of ours is longer; a longer one names no session. */
const MAX_SESSION_ID = 255

const noContent = (headers: readonly Header[] = [NO_STORE]): AuthReply => ({
  status: 204,
  headers,
  body: null,
})

/** Who sends a request that lists or revokes: always asked of the store. */
const signedIn = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
): Promise<{ readonly principal: Principal<C>; readonly credential: Credential }> => {
  const identified = await identify(context, request, { revocation: 'store' })
  if (!identified) throw new AuthError('unauthenticated', 'Sign in first.', { reason: 'absent' })
  return identified
}

const describe = ({ id, createdAt, lastSeenAt, device }: SessionInfo, current: string) => ({
  id,
  current: id === current,
  createdAt,
  lastSeenAt,
  device: device ?? null,
})

const HANDLERS: Record<string, Handler> = {
  'POST /refresh': async (context, request) => {
    const { headers, expiresIn, tokens } = await refresh(context, request)
    return { status: 200, headers, body: tokens ?? { expires_in: expiresIn } }
  },
  'POST /logout': async (context, request) => noContent((await logout(context, request)).headers),
  'POST /logout-all': async (context, request) => {
    const { principal, credential } = await signedIn(context, request)
    await context.core.revoke({ subject: principal.subject }, request.origin)
    return noContent([NO_STORE, ...(credential.transport === 'cookie' ? context.cookies.clear() : [])])
  },
  'GET /sessions': async (context, request) => {
    const { principal } = await signedIn(context, request)
    const sessions = await context.core.sessions(principal.subject)
    const body = { sessions: sessions.map((session) => describe(session, principal.sessionId)) }
    return { status: 200, headers: [NO_STORE], body }
  },
  'DELETE /sessions/': async (context, request, sessionId) => {
    const { principal, credential } = await signedIn(context, request)
    // Another subject's session gets the same answer and no effect: ids cannot be probed.
    const target = { sessionId, subject: principal.subject }
    if (sessionId.length <= MAX_SESSION_ID) await context.core.revoke(target, request.origin)
    const own = sessionId === principal.sessionId && credential.transport === 'cookie'
    return noContent([NO_STORE, ...(own ? context.cookies.clear() : [])])
  },
  'GET /jwks.json': async () => {
    return { status: 200, headers: [['Cache-Control', 'public, max-age=300']], body: { keys: [] } }
  },
}

const ROUTES = Object.keys(HANDLERS).map((route) => {
  const [method, path] = route.split(' ') as [string, string]
  return { route, method, path, prefix: path.length > 1 && path.endsWith('/') }
})

/** Finds the route of a path below the mount; `rest` is what follows a prefix. */
const routesOf = (path: string) =>
  ROUTES.flatMap(({ route, method, path: own, prefix }) => {
    if (!prefix) return path === own ? [{ route, method, rest: '' }] : []
    const rest = path.startsWith(own) ? path.slice(own.length) : ''
    return rest === '' || rest.includes('/') ? [] : [{ route, method, rest }]
  })

/**
 * Answers a request to one of the endpoints; null where the request is not for them (and for every `OPTIONS`, which is
 * the application's CORS layer's). Never rejects.
 */
export const endpoints = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
): Promise<AuthReply | null> => {
  const path = pathOf(request)
  const base = context.settings.path
  if (!path.startsWith(`${base}/`) || request.method === 'OPTIONS') return null
  const routes = routesOf(path.slice(base.length))
  if (routes.length === 0) return null
  const found = routes.find(({ method }) => method === (request.method === 'HEAD' ? 'GET' : request.method))
  const handler = found && HANDLERS[found.route]
  if (!handler) {
    const allow = routes.map(({ method }) => method).join(', ')
    return { status: 405, headers: [NO_STORE, ['Allow', allow]], body: { error: 'method_not_allowed' } }
  }
  try {
    return await reporting(context, request, () => handler(context, request, found.rest))
  } catch (error) {
    return failure(error, context.realm)
  }
}
