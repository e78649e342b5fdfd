/** The reader of Flask's own sessions, Flask 1 to 3: the whole session in a signed cookie. */

import { cookieOf } from './cookies.js'
import { createReader } from './create-reader.js'
import { untagged } from './flask-json.js'
import { type Signer, signTimed, unsignTimed } from './itsdangerous.js'
import { checkOptions, type MarkerOptions, secretsOf, wrongSecrets } from './reader-options.js'
import { inflated, memberOf, parseData, type SessionData } from './session-data.js'
import type { OldSecret } from './signed.js'
import type { ReaderRequest, TakeoverReader } from './takeover-reader.js'

/** Options of {@link flask}. */
export interface FlaskOptions<Id = string> extends MarkerOptions<Id> {
  /** `SECRET_KEY`, and after it what stands in `SECRET_KEY_FALLBACKS`. The first signs, all verify. */
  readonly secret: OldSecret | readonly OldSecret[]
  /** `PERMANENT_SESSION_LIFETIME`, in seconds. Default: 31 days. Flask holds sessions of both kinds to it. */
  readonly lifetime?: number
}

/** The lifetime of a session in Flask unless it was told otherwise, in seconds. */
export const FLASK_LIFETIME = 31 * 86_400

/** Clocks differ; Flask itself would refuse. */
const SKEW = 60_000

/** Whether Flask sends the cookie with an end, and anew with each response. */
export const isPermanent = (data: SessionData): boolean => memberOf(data, '_permanent') === true

/** The session that a payload holds; a leading point says that it is compressed. */
const contentOf = (payload: string): SessionData | null => {
  const packed = payload.startsWith('.')
  const bytes = Buffer.from(packed ? payload.slice(1) : payload, 'base64url')
  const content = packed ? inflated(bytes) : bytes
  const data = content && parseData(content)
  return data && untagged(data)
}

interface Settings {
  readonly cookie: string
  readonly signer: Signer
  readonly lifetime: number
}

const timedOf = (request: ReaderRequest, { cookie, signer }: Settings) => {
  const value = cookieOf(request, cookie)
  return value === null ? null : unsignTimed(value, signer)
}

const find = (request: ReaderRequest, now: number, settings: Settings) => {
  const timed = timedOf(request, settings)
  if (!timed || timed.signedAt > now + SKEW) return null
  const expiresAt = timed.signedAt + settings.lifetime * 1000
  const data = expiresAt < now ? null : contentOf(timed.payload)
  return data && { data, key: null, expiresAt, persistent: isPermanent(data), source: timed.payload }
}

/**
 * Reads Flask's own sessions. The user id is what Flask-Login writes (`_user_id`) unless `user` says otherwise. Without a
 * `marker` no session is taken over: the cookie's text changes with each response.
 *
 * @throws AuthError `invalid_options`
 */
export const flask = <Id = string>(options: FlaskOptions<Id>): TakeoverReader => {
  checkOptions('flask', options, wrongSecrets('secret', options.secret))
  const { cookie = 'session', lifetime = FLASK_LIFETIME } = options
  const signer = { salt: 'cookie-session', secrets: secretsOf(options.secret) }
  const settings = { cookie, signer, lifetime }
  return createReader(
    {
      name: 'flask',
      cookie,
      user: '_user_id',
      find: (request, now) => find(request, now, settings),
      renew: ({ persistent, source }, now) =>
        persistent && source !== undefined
          ? [{ name: cookie, value: signTimed(source, now, signer), maxAge: lifetime }]
          : [],
    },
    options,
  )
}
