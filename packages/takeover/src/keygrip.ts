/** Cookies signed as Keygrip 1 signs them, for Koa and cookie-session: the value under one name, its MAC under another. */

import { cookieOf } from './cookies.js'
import { isMacOf, type MacForm, macOf, type OldSecret } from './signed.js'
import type { ReaderRequest } from './takeover-reader.js'

/** The keys of a Keygrip, and its algorithm where it is not the default. */
export interface KeygripKeys {
  readonly keys: readonly OldSecret[]
  readonly hash: MacForm['hash']
}

/** The name of the cookie that holds the signature of another. */
export const signatureName = (name: string): string => `${name}.sig`

const signature = (key: OldSecret, cookie: string, hash: MacForm['hash']): string =>
  macOf(key, cookie, { hash, encoding: 'base64url' })

/** The value of a signed cookie; null where it or its signature is absent, duplicated or wrong. */
export const signedCookieOf = (
  request: ReaderRequest,
  name: string,
  { keys, hash }: KeygripKeys,
): string | null => {
  const value = cookieOf(request, name)
  const presented = cookieOf(request, signatureName(name))
  if (value === null || presented === null) return null
  const signatures = keys.map((key) => signature(key, `${name}=${value}`, hash))
  return isMacOf(presented, signatures) ? value : null
}

/** A cookie and its signature by the first key, to be set together. */
export const signCookie = (
  name: string,
  value: string,
  { keys: [key = ''], hash }: KeygripKeys,
): [name: string, value: string][] => [
  [name, value],
  [signatureName(name), signature(key, `${name}=${value}`, hash)],
]
