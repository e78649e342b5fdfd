/** Cross-site request forgery: whether a request that cookies speak for was sent by a page that may. */

import { MAX_EXCERPT } from '../limits.js'
import type { Refusal } from '../outcome.js'
import type { HttpSettings } from './http-options.js'
import { type AuthRequest, isSafe, singleHeader } from './message.js'

/** The origin of a scheme and a host, default ports left out; undefined where they make none. */
const originOf = (scheme: string, host: string): string | undefined => {
  try {
    const { origin, username, pathname } = new URL(`${scheme}//${host}`)
    return username === '' && pathname === '/' ? origin : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether the page is of the very host that the request was sent to. Asked only of browsers that do not say it
 * themselves: `https`, or `http` where cookies are not Secure, because an attacker on the network can serve a page over http.
 */
const isOwnOrigin = (request: AuthRequest, origin: string, { secure }: HttpSettings['cookies']): boolean => {
  const host = request.host()
  if (host === undefined) return false
  const schemes = secure ? ['https:'] : ['https:', 'http:']
  return schemes.some((scheme) => originOf(scheme, host) === origin)
}

/** What the browser itself says comes first; `X-Forwarded-*` is never looked at. */
const isTrusted = (request: AuthRequest, { origins, cookies }: HttpSettings): boolean => {
  const origin = singleHeader(request, 'origin')
  const site = singleHeader(request, 'sec-fetch-site')
  if (typeof origin === 'string' && origins.has(origin)) return true
  if (site === 'same-origin' || site === 'none') return true
  if (site !== undefined || cookies.sameSite === 'none') return false
  return origin === undefined || (origin !== null && isOwnOrigin(request, origin, cookies))
}

const MESSAGE =
  'The request carries cookies but does not come from a page of this site: its Origin is not in the option "origins", and its Sec-Fetch-Site is not "same-origin".'

const hintFor = (request: AuthRequest): string => {
  const origin = singleHeader(request, 'origin') ?? 'none'
  const seen = `Origin: ${origin}, Host: ${request.host() ?? 'none'}`.slice(0, MAX_EXCERPT)
  return `${seen}: if that page may use the cookies, list its origin in the option "origins"; behind a proxy that rewrites Host, the own origin as well.`
}

/**
 * Refuses an unsafe request from another site; undefined where it may go on. To be asked before anything is consumed.
 *
 * @param always - treat the request as unsafe whatever its method
 */
export const crossSiteRefusal = (
  request: AuthRequest,
  settings: HttpSettings,
  always = false,
): Refusal | undefined => {
  if ((!always && isSafe(request)) || isTrusted(request, settings)) return undefined
  return { refused: 'cross_site', message: MESSAGE, hint: hintFor(request) }
}
