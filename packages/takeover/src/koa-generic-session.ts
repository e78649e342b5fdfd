/** The reader of koa-generic-session 2: a signed session id in the cookie, the session in a store. */

import { createReader } from './create-reader.js'
import { signatureName, signedCookieOf } from './keygrip.js'
import type { KoaSessionOptions, KoaStore } from './koa-session.js'
import { checkOptions, missingUser, secretsOf, wrongSecrets } from './reader-options.js'
import { dataOf, memberOf, type SessionData } from './session-data.js'
import type { TakeoverReader } from './takeover-reader.js'

/** Options of {@link koaGenericSession}. */
export interface KoaGenericSessionOptions<Id = string>
  extends Omit<KoaSessionOptions<Id>, 'rolling' | 'marker'> {
  /** The store of koa-generic-session: koa-redis, or another. */
  readonly store: KoaStore
  /** What stands before a session id in the store. Default: `koa:sess:`. */
  readonly prefix?: string
}

/** The cookie's own settings are part of the session. */
const isPersistent = (data: SessionData): boolean => {
  const cookie = memberOf(data, 'cookie')
  return typeof memberOf(cookie, 'maxAge') === 'number' || Boolean(memberOf(cookie, 'expires'))
}

/**
 * Reads the sessions of koa-generic-session 2.
 *
 * @throws AuthError `invalid_options`
 */
export const koaGenericSession = <Id = string>(options: KoaGenericSessionOptions<Id>): TakeoverReader => {
  const problems = [...wrongSecrets('keys', options.keys), ...missingUser(options)]
  checkOptions('koaGenericSession', options, problems)
  const { cookie = 'koa.sid', hash = 'sha1', store, prefix = 'koa:sess:' } = options
  const keys = { keys: secretsOf(options.keys), hash }
  return createReader(
    {
      name: 'koa-generic-session',
      cookie,
      companions: [signatureName(cookie)],
      find: async (request) => {
        const key = signedCookieOf(request, cookie, keys)
        const data = key === null ? null : dataOf(await store.get(prefix + key))
        return data && { data, key, expiresAt: null, persistent: isPersistent(data) }
      },
      remove: async ({ key }) => void (key === null || (await store.destroy(prefix + key))),
    },
    options,
  )
}
