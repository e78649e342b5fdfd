/** The reader of cookie-session 2: the whole session in a signed cookie. */

import { createReader } from './create-reader.js'
import { signatureName, signedCookieOf } from './keygrip.js'
import { checkOptions, type MarkerOptions, missingUser, secretsOf, wrongSecrets } from './reader-options.js'
import { parseData } from './session-data.js'
import type { MacForm, OldSecret } from './signed.js'
import type { TakeoverReader } from './takeover-reader.js'

/** Options of {@link cookieSession}. */
export interface CookieSessionOptions<Id = string> extends MarkerOptions<Id> {
  /** The `keys`, or the `secret`, of cookie-session. The first signs, all verify. */
  readonly keys: OldSecret | readonly OldSecret[]
  /** The algorithm of a Keygrip that was given as `keys`. Default: `'sha1'`, as in Keygrip. */
  readonly hash?: MacForm['hash']
  /** Whether cookie-session was given a `maxAge`. Default: false, as there. */
  readonly persistent?: boolean
}

/**
 * Reads the sessions of cookie-session 2. Without a `marker` none is taken over: two devices that hold the same data send
 * equal cookies.
 *
 * @throws AuthError `invalid_options`
 */
export const cookieSession = <Id = string>(options: CookieSessionOptions<Id>): TakeoverReader => {
  checkOptions('cookieSession', options, [...wrongSecrets('keys', options.keys), ...missingUser(options)])
  const { cookie = 'session', hash = 'sha1', persistent = false } = options
  const keygrip = { keys: secretsOf(options.keys), hash }
  return createReader(
    {
      name: 'cookie-session',
      cookie,
      companions: [signatureName(cookie)],
      find: (request) => {
        const value = signedCookieOf(request, cookie, keygrip)
        const data = value === null ? null : parseData(Buffer.from(value, 'base64'))
        return data && { data, key: null, expiresAt: null, persistent }
      },
    },
    options,
  )
}
