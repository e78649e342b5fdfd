/** Cross-site request forgery: whether a request that cookies speak for was sent by a page that may. */

import { AuthError } from '../errors.js'
import type { HttpSettings } from './http-options.js'
import { type AuthRequest, singleHeader } from './message.js'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Whether a request can change something: an unknown method can, and so can a WebSocket once it is open. */
const isUnsafe = (request: AuthRequest): boolean =>
  !SAFE_METHODS.has(request.method.toUpperCase()) || request.header('upgrade').length > 0

/** Only what the browser itself says counts: `Host` and `X-Forwarded-*` are never looked at. */
const isTrusted = (request: AuthRequest, { origins, cookies }: HttpSettings): boolean => {
  const origin = singleHeader(request, 'origin')
  const site = singleHeader(request, 'sec-fetch-site')
  if (typeof origin === 'string' && origins.has(origin)) return true
  if (site === 'same-origin' || site === 'none') return true
  const fromBrowser = origin !== undefined || site !== undefined
  return !fromBrowser && cookies.sameSite !== 'none'
}

/**
 * Refuses an unsafe request from another site. To be called before anything is consumed.
 *
 * @param always - treat the request as unsafe whatever its method
 *
 * @throws AuthError `csrf_failed`
 */
export const assertSameSite = (request: AuthRequest, settings: HttpSettings, always = false): void => {
  if ((!always && !isUnsafe(request)) || isTrusted(request, settings)) return
  throw new AuthError(
    'csrf_failed',
    'The request carries cookies but comes from another site: its Origin is not in the option "origins", and its Sec-Fetch-Site is not "same-origin".',
    { reason: 'cross_site' },
  )
}
