/** The reader of express-session 1: a signed session id in the cookie, the session in any of its stores. */

import { cookieOf } from './cookies.js'
import { createReader } from './create-reader.js'
import { type ExpressStore, type OldRows, rowsOf } from './express-store.js'
import { checkOptions, missingUser, type ReaderOptions, secretsOf, wrongSecrets } from './reader-options.js'
import { memberOf, type SessionData } from './session-data.js'
import { isMacOf, macOf, type OldSecret, splitLast } from './signed.js'
import type { ReaderRequest, TakeoverReader } from './takeover-reader.js'

/** What {@link expressSession}, `connectRedis` and `connectPgSimple` take beside their store. */
export interface ExpressSessionSettings<Id = string> extends ReaderOptions<Id> {
  /** The `secret` of express-session. The first signs, all verify. */
  readonly secret: OldSecret | readonly OldSecret[]
}

/** Options of {@link expressSession}. */
export interface ExpressSessionOptions<Id = string> extends ExpressSessionSettings<Id> {
  /** The store that express-session has; any of them. */
  readonly store: ExpressStore
}

/** The text that a cookie value stands for; null unless it is written as express-session writes it. */
const decoded = (value: string): string | null => {
  try {
    const text = decodeURIComponent(value)
    return encodeURIComponent(text) === value ? text : null
  } catch {
    return null
  }
}

const MAC = { hash: 'sha256', encoding: 'base64' } as const

const sessionIdOf = (request: ReaderRequest, cookie: string, secrets: readonly OldSecret[]) => {
  const value = cookieOf(request, cookie)
  const text = value === null ? null : decoded(value)
  const parts = text?.startsWith('s:') ? splitLast(text.slice(2), '.') : null
  if (!parts || parts[0] === '') return null
  const [sid, mac] = parts
  return isMacOf(
    mac,
    secrets.map((secret) => macOf(secret, sid, MAC)),
  )
    ? sid
    : null
}

/** Stores prolong a row without touching its content, so an instant in the past there says nothing. */
const expiryIn = (data: SessionData, now: number): number | null => {
  const expires = memberOf(memberOf(data, 'cookie'), 'expires')
  const instant = expires instanceof Date ? expires.getTime() : Date.parse(String(expires))
  return instant > now ? instant : null
}

const isPersistent = (data: SessionData): boolean => {
  const cookie = memberOf(data, 'cookie')
  return typeof memberOf(cookie, 'originalMaxAge') === 'number' || Boolean(memberOf(cookie, 'expires'))
}

/** The reader over rows, whichever store they are in: the session ids are the same, so the format is one. */
export const expressReader = <Id>(
  rows: OldRows,
  options: ExpressSessionSettings<Id>,
  label: string,
): TakeoverReader => {
  checkOptions(label, options, [...wrongSecrets('secret', options.secret), ...missingUser(options)])
  const { cookie = 'connect.sid' } = options
  const secrets = secretsOf(options.secret)
  return createReader(
    {
      name: 'express-session',
      cookie,
      find: async (request, now) => {
        const key = sessionIdOf(request, cookie, secrets)
        const data = key === null ? null : await rows.get(key, now)
        return data && { data, key, expiresAt: expiryIn(data, now), persistent: isPersistent(data) }
      },
      remove: async ({ key }) => void (key === null || (await rows.destroy(key))),
      renew: async ({ key, data }, now) => {
        if (key !== null) await rows.touch(key, data, now)
        return []
      },
    },
    options,
  )
}

/**
 * Reads the sessions of express-session 1 through the store that it has.
 *
 * @throws AuthError `invalid_options`
 */
export const expressSession = <Id = string>(options: ExpressSessionOptions<Id>): TakeoverReader =>
  expressReader(rowsOf(options.store), options, 'expressSession')
