/** The old cookies: read from a request with every doubt counted against them, and the lines that set and expire them. */

import type { ReaderRequest } from './takeover-reader.js'

/** Longest value of one cookie, in characters: browsers keep no longer ones. */
export const MAX_COOKIE = 4096

/** All values that a request carries under exactly this cookie name. Several `Cookie` lines count as one. */
const valuesOf = (request: ReaderRequest, name: string): string[] =>
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

/** The names of all cookies of a request. */
export const cookieNames = (request: ReaderRequest): string[] =>
  request
    .header('cookie')
    .flatMap((line) => line.split(';'))
    .map((pair) => trim(pair.split('=', 1)[0] ?? ''))

/** The value of a cookie that is there exactly once, not empty and not too long; else null. */
export const cookieOf = (request: ReaderRequest, name: string): string | null => {
  const [value = '', ...others] = valuesOf(request, name)
  return others.length === 0 && value.length > 0 && value.length <= MAX_COOKIE ? value : null
}

/** Where a cookie lies, and who may see it. */
export interface CookieScope {
  readonly path: string
  readonly domain: string | undefined
  readonly secure: boolean
  readonly sameSite: 'Lax' | 'Strict' | 'None'
}

const attributes = (name: string, { path, domain, secure, sameSite }: CookieScope): string[] => [
  `Path=${path}`,
  ...(domain === undefined ? [] : [`Domain=${domain}`]),
  // A browser ignores a line without it for a name with such a prefix.
  ...(secure || /^__(secure|host)-/i.test(name) ? ['Secure'] : []),
  'HttpOnly',
  `SameSite=${sameSite}`,
]

/** The value of `Set-Cookie` that sets a cookie for so many seconds. */
export const settingCookie = (
  [name, value]: readonly [name: string, value: string],
  maxAge: number,
  scope: CookieScope,
): string => [`${name}=${value}`, `Max-Age=${maxAge}`, ...attributes(name, scope)].join('; ')

/** The value of `Set-Cookie` that takes a cookie out of the browser. */
export const expiringCookie = (name: string, scope: CookieScope): string =>
  [`${name}=`, 'Max-Age=0', 'Expires=Thu, 01 Jan 1970 00:00:00 GMT', ...attributes(name, scope)].join('; ')
