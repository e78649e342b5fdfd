/** Login, refresh and logout over HTTP: which transport, which cookies, which body. */

import { AuthError } from '../errors.js'
import type { LoginInput, Pair, Principal } from '../index.js'
import { NO_STORE } from './challenge.js'
import { cookieValues } from './cookies.js'
import { refreshCredential } from './credential.js'
import { assertSameSite } from './csrf.js'
import type { HttpContext } from './http-context.js'
import { type AuthRequest, type Header, singleHeader } from './message.js'

/** The token response of RFC 6749 section 5.1. */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** In seconds. */
  readonly expires_in: number
  readonly refresh_token: string
}

/** What signing in or refreshing gave. */
export interface SignedIn<C extends object = object> {
  /** What the new access token says. */
  readonly principal: Principal<C>
  /** Remaining life of the access token, in seconds. */
  readonly expiresIn: number
  /** For bearer clients only: put it into the response body. With cookies no script ever sees a token. */
  readonly tokens: TokenResponse | undefined
}

/** Something that adds headers to a response. */
export interface WithHeaders {
  /** To be added to the response. */
  readonly headers: readonly Header[]
}

/** What an application says at login; the rest is read from the request. */
export type HttpLoginInput = Omit<LoginInput, 'origin'>

/** Cookies of one name that logout looks at; more are an attack, not a mistake. */
const MAX_SAME_NAME = 4

const signedIn = <C extends object>(context: HttpContext<C>, pair: Pair<C>): SignedIn<C> & WithHeaders => {
  const { principal, expiresIn, accessToken, refreshToken } = pair
  if (principal.transport === 'cookie') {
    return { principal, expiresIn, tokens: undefined, headers: [NO_STORE, ...context.cookies.setPair(pair)] }
  }
  const tokens = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken,
  } as const
  return { principal, expiresIn, tokens, headers: [NO_STORE] }
}

/** Opens a session. A session that the browser's cookies still speak for ends: they are about to be overwritten. */
export const login = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
  input: HttpLoginInput,
): Promise<SignedIn<C> & WithHeaders> => {
  const byCookie = (input?.transport ?? 'cookie') === 'cookie'
  if (byCookie) assertSameSite(request, context.settings)
  const device = input?.device ?? singleHeader(request, 'user-agent') ?? undefined
  const pair = await context.core.login({ ...input, device, origin: request.origin })
  const result = signedIn(context, pair)
  if (byCookie) await endReplaced(context, request, pair)
  return result
}

/** Ends the sessions that a login replaces; where that fails, so does the login, and leaves no session of its own behind. */
const endReplaced = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
  { principal }: Pair<C>,
) => {
  try {
    await endCookieSessions(context, request)
  } catch (error) {
    await context.core.revoke({ sessionId: principal.sessionId }, request.origin).catch(() => undefined)
    throw error
  }
}

/** Trades the presented refresh token for a new pair. */
export const refresh = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
): Promise<SignedIn<C> & WithHeaders> => {
  const credential = await refreshCredential(request, context.cookies)
  if (!credential) throw new AuthError('unauthenticated', 'No refresh token was sent.', { reason: 'absent' })
  const { token, transport } = credential
  if (transport === 'cookie') assertSameSite(request, context.settings)
  return signedIn(context, await context.core.refresh(token, { transport, origin: request.origin }))
}

/** Ends the sessions of all cookies of ours that a request carries. */
const endCookieSessions = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
): Promise<void> => {
  const { core, cookies } = context
  const given = { transport: 'cookie', origin: request.origin } as const
  const accessTokens = cookieValues(request, cookies.access.name).slice(0, MAX_SAME_NAME)
  const refreshTokens = cookieValues(request, cookies.refresh.name).slice(0, MAX_SAME_NAME)
  for (const accessToken of accessTokens) await core.logout({ ...given, accessToken })
  for (const refreshToken of refreshTokens) await core.logout({ ...given, refreshToken })
}

/**
 * Ends the session of the presented tokens, whatever is left of them, and clears the cookies that carried them. A store
 * that cannot answer is an error, and leaves the cookies alone.
 */
export const logout = async <C extends object>(
  context: HttpContext<C>,
  request: AuthRequest,
): Promise<WithHeaders> => {
  const { core, cookies, settings } = context
  const header = singleHeader(request, 'authorization')
  const refreshToken = await bodyRefreshToken(context, request)
  if (refreshToken !== undefined || header !== undefined) {
    const accessToken = header?.replace(/^bearer +/i, '')
    await core.logout({ accessToken, refreshToken, transport: 'bearer', origin: request.origin })
    return { headers: [NO_STORE] }
  }
  // Also on a GET route of the application: a link on another page must not sign anybody out.
  assertSameSite(request, settings, true)
  await endCookieSessions(context, request)
  return { headers: [NO_STORE, ...cookies.clear()] }
}

/** The refresh token in the body; the cookies are judged elsewhere, so that two of one name do not stop a logout. */
const bodyRefreshToken = async <C extends object>(
  { cookies }: HttpContext<C>,
  request: AuthRequest,
): Promise<string | undefined> => {
  const several = cookieValues(request, cookies.refresh.name).length > 1
  const credential = several ? undefined : await refreshCredential(request, cookies)
  return credential?.transport === 'bearer' ? credential.token : undefined
}
