/** Cookies: how they are read, set and expired. Each one has an explicit path, domain, SameSite, Secure and lifetime. */

import { stringifySetCookie } from 'cookie'
import type { Access, Pair, Refreshed } from '../token/issue.js'
import type { HttpSettings, RetiredCookie } from './http-options.js'
import type { AuthRequest, Header } from './message.js'

/** The cookies of one configuration. */
export interface Cookies {
  readonly access: CookieScope
  readonly refresh: CookieScope
  /** Sets the access cookie. */
  setAccess(access: Access): Header[]
  /** Sets both cookies. */
  setPair(pair: Pair): Header[]
  /** Sets what a refresh gave: the refresh cookie only where it was rotated. */
  setRefreshed(refreshed: Refreshed): Header[]
  /** Expires the access cookie alone. */
  clearAccess(): Header[]
  /** Expires the cookies of earlier configurations. */
  clearRetired(): Header[]
  /** Expires every cookie of ours, earlier ones included. */
  clear(): Header[]
}

/** Where a cookie lies. */
export interface CookieScope {
  readonly name: string
  readonly path: string
  readonly domain: string | undefined
}

/** `__Host-` wherever its rules allow it, else `__Secure-`; neither without Secure. */
const prefixOf = (path: string, { domain, secure }: HttpSettings['cookies']): string => {
  if (!secure) return ''
  return path === '/' && domain === undefined ? '__Host-' : '__Secure-'
}

const isBlank = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t'

/** Cuts spaces and tabs from both ends; a loop, because a pattern for trailing white space is quadratic. */
const trimmed = (text: string, from: number, to: number): string => {
  let start = from
  let end = to
  while (start < end && isBlank(text, start)) start += 1
  while (end > start && isBlank(text, end - 1)) end -= 1
  return text.slice(start, end)
}

/**
 * All values that a request carries under exactly this cookie name. Names are compared byte by byte, only spaces and
 * tabs are trimmed, and several `Cookie` lines count as one.
 */
export const cookieValues = (request: AuthRequest, name: string): string[] => {
  const values: string[] = []
  for (const line of request.header('cookie')) {
    let at = line.indexOf(name)
    // From occurrence to occurrence: most of a long line is other cookies, which nothing needs to take apart.
    while (at >= 0) {
      const start = line.lastIndexOf(';', at) + 1
      const semicolon = line.indexOf(';', at)
      const end = semicolon < 0 ? line.length : semicolon
      const equals = line.indexOf('=', start)
      const isPair = equals > start && equals < end
      if (isPair && trimmed(line, start, equals) === name) values.push(trimmed(line, equals + 1, end))
      at = line.indexOf(name, end)
    }
  }
  return values
}

/** The names of all cookies of a request, as often as they come. */
export const cookieNames = (request: AuthRequest): string[] =>
  request
    .header('cookie')
    .flatMap((line) => line.split(';'))
    .flatMap((pair) => {
      const equals = pair.indexOf('=')
      return equals > 0 ? [trimmed(pair, 0, equals)] : []
    })

/** Binds the cookies of a configuration. */
export const createCookies = ({ cookies, path: authPath, silent }: HttpSettings): Cookies => {
  const scope = (name: string, path: string): CookieScope => {
    return { name: prefixOf(path, cookies) + name, path, domain: cookies.domain }
  }
  const access = scope(cookies.access, '/')
  const refresh = scope(cookies.refresh, silent ? '/' : authPath)

  const header = ({ name, path, domain }: CookieScope, value: string, maxAge: number | undefined): Header => {
    const { secure, sameSite, partitioned } = cookies
    const life = maxAge === undefined ? {} : { maxAge }
    const reach = domain === undefined ? {} : { domain }
    const attributes = { name, value, httpOnly: true, secure, sameSite, partitioned, path, ...life, ...reach }
    // Without a prototype: what is not said here must not be found there.
    const cookie = Object.assign(Object.create(null), attributes)
    return ['Set-Cookie', stringifySetCookie(cookie, { encode: (text) => text })]
  }
  const expire = (scope: CookieScope): Header => header(scope, '', 0)
  const retired = (): Header[] => {
    return cookies.retired.map(({ name, path = '/', domain }: RetiredCookie) =>
      expire({ name, path, domain }),
    )
  }
  const age = (persistent: boolean, seconds: number) => (persistent ? seconds : undefined)
  const setAccess = ({ accessToken, persistent, expiresIn }: Access): Header[] => {
    return [header(access, accessToken, age(persistent, expiresIn))]
  }
  const setPair = (pair: Pair): Header[] => [
    ...retired(),
    ...setAccess(pair),
    header(refresh, pair.refreshToken, age(pair.persistent, pair.refreshExpiresIn)),
  ]
  return {
    access,
    refresh,
    setAccess,
    setPair,
    setRefreshed: (refreshed) => (refreshed.rotated ? setPair(refreshed) : setAccess(refreshed)),
    clearAccess: () => [expire(access)],
    clearRetired: retired,
    clear: () => [...retired(), expire(access), expire(refresh)],
  }
}
