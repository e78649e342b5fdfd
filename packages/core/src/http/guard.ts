/** Guard: lets a request through with its principal, or answers it. */

import { AuthError, isAuthError } from '../errors.js'
import type { AuthenticateOptions, Principal } from '../index.js'
import { failure, NO_STORE } from './challenge.js'
import type { Cookies } from './cookies.js'
import { accessCredential, type Credential, cookieToken, invalidToken } from './credential.js'
import { assertSameSite } from './csrf.js'
import { type HttpContext, reporting } from './http-context.js'
import type { AuthReply, AuthRequest, Header } from './message.js'

/** How a guarded route looks at its callers. */
export interface GuardOptions extends Pick<AuthenticateOptions, 'revocation' | 'maxAuthAge'> {
  /** Lets requests without any credential through; a bad one is refused all the same. Default: false. */
  readonly optional?: boolean | undefined
}

/** What a guard decided: `reply` answers the request, otherwise it passes with its principal. */
export type GuardOutcome<C extends object> =
  | { readonly reply: AuthReply }
  | { readonly reply: null; readonly principal: Principal<C> | null; readonly headers: readonly Header[] }

interface Identified<C extends object> {
  readonly principal: Principal<C>
  readonly headers: readonly Header[]
}

/**
 * Reasons for which an access cookie was never one of ours. Only such a one is expired by a 401. A token that has ended or
 * was revoked is left alone, although it is as useless: its 401 may arrive after the cookie that replaced it, and would
 * delete that.
 */
const NEVER_OURS: ReadonlySet<string> = new Set(['malformed', 'oversized', 'bad_signature'])

/** The same failure, its reply expiring a cookie that can only be in the way. */
const expiringCookie = (error: unknown, cookies: Cookies): unknown => {
  if (!isAuthError(error, 'invalid_token') || !error.reason || !NEVER_OURS.has(error.reason)) return error
  return invalidToken(error.reason, cookies.clearAccess())
}

/**
 * Finds out who sends a request; null where no credential is presented.
 *
 * @throws AuthError `invalid_token`, `csrf_failed`, `insufficient_authentication`, `store_unavailable`
 */
export const identify = async <C extends object>(
  { core, cookies, settings }: HttpContext<C>,
  request: AuthRequest,
  options: AuthenticateOptions = {},
): Promise<(Identified<C> & { readonly credential: Credential }) | null> => {
  const credential = accessCredential(request, cookies)
  if (!credential) return null
  const { token, transport } = credential
  if (transport === 'cookie') assertSameSite(request, settings)
  const { revocation, maxAuthAge } = options
  try {
    const principal = await core.authenticate(token, {
      revocation,
      maxAuthAge,
      transport,
      origin: request.origin,
    })
    return { credential, headers: [], principal }
  } catch (error) {
    throw transport === 'cookie' ? expiringCookie(error, cookies) : error
  }
}

/** A page load by a browser: the one kind of request that a server-rendered page cannot repeat by itself. */
const isPageLoad = (request: AuthRequest): boolean => {
  const mode = request.header('sec-fetch-mode')[0]
  if (request.method !== 'GET' || request.header('authorization').length > 0) return false
  return mode === undefined
    ? request.header('accept').some((value) => value.includes('text/html'))
    : mode === 'navigate'
}

/** Whoever loads a page with a session that has ended is nobody, like somebody who never had one. */
const asNobody = (error: unknown): null => {
  if (isAuthError(error, 'invalid_token')) return null
  throw error
}

/** The same failure, its reply carrying the cookies of a rotation that has been written: they must not get lost. */
const carrying = (error: AuthError, headers: readonly Header[]): AuthError => {
  const { code, message, reason, about } = error
  const lines = headers.flatMap(([name, line]) => (name === 'Set-Cookie' ? [line] : []))
  return new AuthError(code, message, {
    ...(reason ? { reason } : {}),
    about,
    headers: { ...error.headers, 'Set-Cookie': lines },
  })
}

/** Renews the session of a page load; null where there is none to renew. */
const renew = async <C extends object>(
  { core, cookies }: HttpContext<C>,
  request: AuthRequest,
  options: GuardOptions,
): Promise<Identified<C> | null> => {
  const token = cookieToken(request, cookies, 'refresh')
  if (!token) return null
  const { origin } = request
  const pair = await core.refresh(token, { transport: 'cookie', origin }).catch(asNobody)
  if (!pair) return null
  const headers = [NO_STORE, ...cookies.setPair(pair)]
  try {
    const principal = await core.authenticate(pair.accessToken, { maxAuthAge: options.maxAuthAge, origin })
    return { principal, headers }
  } catch (error) {
    throw isAuthError(error) ? carrying(error, headers) : error
  }
}

const identifyOrRenew = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
  options: GuardOptions,
): Promise<Identified<C> | null> => {
  const renewable = context.settings.silent && isPageLoad(request)
  try {
    const identified = await identify(context, request, options)
    if (identified || !renewable) return identified
  } catch (error) {
    const ended = isAuthError(error, 'invalid_token') && error.reason !== 'several_credentials'
    if (!ended || !renewable) throw error
  }
  return renew(context, request, options)
}

const isPreflight = (request: AuthRequest): boolean =>
  request.method === 'OPTIONS' && request.header('access-control-request-method').length > 0

const pass = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
  options: GuardOptions,
): Promise<GuardOutcome<C>> => {
  if (isPreflight(request)) return { reply: null, principal: null, headers: [] }
  const identified = await identifyOrRenew(context, request, options)
  if (!identified && !options.optional) {
    throw new AuthError('unauthenticated', 'Sign in first.', { reason: 'absent' })
  }
  const vary: Header[] = options.optional ? [['Vary', 'Cookie, Authorization']] : []
  return {
    reply: null,
    principal: identified?.principal ?? null,
    headers: [...(identified?.headers ?? []), ...vary],
  }
}

/** Decides about a request to a guarded route. Never rejects: whatever fails becomes a reply that denies. */
export const guard = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
  options: GuardOptions = {},
): Promise<GuardOutcome<C>> => {
  try {
    return await reporting(context, request, () => pass(context, request, options))
  } catch (error) {
    return { reply: failure(error, context.realm) }
  }
}
