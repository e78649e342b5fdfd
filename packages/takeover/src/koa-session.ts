/** The reader of koa-session 5 to 7, with the session in the cookie or in a store. */

import { createReader, type Format, type FoundSession, type RenewedCookie } from './create-reader.js'
import { type KeygripKeys, signatureName, signCookie, signedCookieOf } from './keygrip.js'
import { checkOptions, type MarkerOptions, missingUser, secretsOf, wrongSecrets } from './reader-options.js'
import { dataOf, memberOf, parseData, type SessionData } from './session-data.js'
import type { MacForm, OldSecret } from './signed.js'
import type { TakeoverReader } from './takeover-reader.js'

/** The `store` of koa-session, or the store of koa-generic-session. Methods may answer at once or later. */
export interface KoaStore {
  get(key: string, maxAge?: number | 'session', options?: { readonly rolling: boolean }): unknown
  destroy(key: string): unknown
  set?(
    ...row: [
      key: string,
      session: object,
      maxAge?: number,
      options?: { readonly rolling: boolean; readonly changed: boolean },
    ]
  ): unknown
}

/** Options of {@link koaSession}. */
export interface KoaSessionOptions<Id = string> extends MarkerOptions<Id> {
  /** `app.keys`. The first signs, all verify. Unsigned cookies (`signed: false`) are never read. */
  readonly keys: OldSecret | readonly OldSecret[]
  /** The algorithm of a Keygrip that was given as `app.keys`. Default: `'sha1'`, as in Keygrip. */
  readonly hash?: MacForm['hash']
  /** The `store` of koa-session, where it has one. Without it the cookie is the session. */
  readonly store?: KoaStore
  /** Whether koa-session has `rolling` or `renew`, so that use prolongs a session. Default: false, as there. */
  readonly rolling?: boolean
}

const numberIn = (data: SessionData, name: string): number | null => {
  const value = memberOf(data, name)
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** `_expire` is written with `_maxAge`; a cookie that ends with the browser has `_session` instead. */
const judged = (data: SessionData | null, key: string | null, now: number): FoundSession | null => {
  const expiresAt = data && numberIn(data, '_expire')
  if (!data || (expiresAt !== null && expiresAt < now)) return null
  return { data, key, expiresAt, persistent: expiresAt !== null }
}

/** koa-session keeps a row ten seconds longer than its cookie. */
const STORE_SURPLUS = 10_000

const inCookie = (cookie: string, keys: KeygripKeys): Pick<Format, 'find' | 'renew'> => ({
  find: (request, now) => {
    const value = signedCookieOf(request, cookie, keys)
    return judged(value === null ? null : parseData(Buffer.from(value, 'base64')), null, now)
  },
  renew: ({ data }, now): RenewedCookie[] => {
    const life = numberIn(data, '_maxAge')
    if (life === null) return []
    const value = Buffer.from(JSON.stringify({ ...data, _expire: now + life })).toString('base64')
    return signCookie(cookie, value, keys).map(([name, value]) => ({
      ...{ name, value },
      maxAge: Math.floor(life / 1000),
    }))
  },
})

const inStore = (store: KoaStore, cookie: string, keys: KeygripKeys) => ({
  find: async (request: Parameters<Format['find']>[0], now: number) => {
    const key = signedCookieOf(request, cookie, keys)
    if (key === null) return null
    return judged(dataOf(await store.get(key, undefined, { rolling: false })), key, now)
  },
  remove: async ({ key }: FoundSession) => void (key === null || (await store.destroy(key))),
  renew: async ({ data, key }: FoundSession, now: number): Promise<RenewedCookie[]> => {
    const life = numberIn(data, '_maxAge')
    if (life === null || key === null) return []
    const options = { rolling: true, changed: false }
    await store.set?.(key, { ...data, _expire: now + life }, life + STORE_SURPLUS, options)
    return signCookie(cookie, key, keys).map(([name, value]) => ({
      ...{ name, value },
      maxAge: Math.floor(life / 1000),
    }))
  },
})

/**
 * Reads the sessions of koa-session 5 to 7. With a `store` every session has an id; without one only a `marker` gives it
 * one, whose name must not begin with `_`: koa-session drops such members.
 *
 * @throws AuthError `invalid_options`
 */
export const koaSession = <Id = string>(options: KoaSessionOptions<Id>): TakeoverReader => {
  checkOptions('koaSession', options, [...wrongSecrets('keys', options.keys), ...missingUser(options)])
  const { cookie = 'koa.sess', hash = 'sha1', store, rolling = false } = options
  const keys = { keys: secretsOf(options.keys), hash }
  const { renew, ...place } = store ? inStore(store, cookie, keys) : inCookie(cookie, keys)
  return createReader(
    {
      name: 'koa-session',
      cookie,
      companions: [signatureName(cookie)],
      ...place,
      ...(rolling && renew ? { renew } : {}),
    },
    options,
  )
}
