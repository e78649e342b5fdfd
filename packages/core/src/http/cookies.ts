/** Cookies: how they are read, set and expired. Each one has an explicit path, domain, SameSite, Secure and lifetime. */

import { stringifySetCookie } from 'cookie'
import type { Access, Pair } from '../index.js'
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

/**
 * All values that a request carries under exactly this cookie name. Names are compared byte by byte, only spaces and
 * tabs are trimmed, and several `Cookie` lines count as one.
 */
export const cookieValues = (request: AuthRequest, name: string): string[] =>
  request
    .header('cookie')
    .flatMap((line) => line.split(';'))
    .flatMap((pair) => {
      const at = pair.indexOf('=')
      return at > 0 && trim(pair.slice(0, at)) === name ? [trim(pair.slice(at + 1))] : []
    })

/** A loop, because a pattern for trailing white space is quadratic. */
const trim = (text: string): string => {
  const blank = (at: number) => text[at] === ' ' || text[at] === '\t'
  let start = 0
  let end = text.length
  while (start < end && blank(start)) start += 1
  while (end > start && blank(end - 1)) end -= 1
  return text.slice(start, end)
}

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
    const attributes = { httpOnly: true, secure, sameSite, partitioned, path, ...life, ...reach }
    return ['Set-Cookie', stringifySetCookie({ name, value, ...attributes }, { encode: (text) => text })]
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
  return {
    access,
    refresh,
    setAccess,
    setPair: (pair) => [
      ...retired(),
      ...setAccess(pair),
      header(refresh, pair.refreshToken, age(pair.persistent, pair.refreshExpiresIn)),
    ],
    clearAccess: () => [expire(access)],
    clearRetired: retired,
    clear: () => [...retired(), expire(access), expire(refresh)],
  }
}
