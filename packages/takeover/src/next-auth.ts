/** The readers of next-auth 4 and of Auth.js 5, both with `strategy: 'jwt'`: the whole session in an encrypted cookie. */

import { hkdfSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { createReader, type RenewedCookie } from './create-reader.js'
import { isPieceOf, type JweForm, type JweKey, openToken, renewToken, tokenOf } from './jwe.js'
import { checkOptions, type MarkerOptions, secretsOf, wrongSecrets } from './reader-options.js'
import { memberOf } from './session-data.js'
import type { TakeoverReader } from './takeover-reader.js'

/** Options of {@link nextAuth} and {@link authJs}. */
export interface NextAuthOptions<Id = string> extends MarkerOptions<Id> {
  /** `NEXTAUTH_SECRET` or `AUTH_SECRET`; Auth.js 5 may have several. */
  readonly secret: string | readonly string[]
  /**
   * The name of the session cookie. Default: that of an application on https, which begins with `__Secure-`. In
   * development over http it is `next-auth.session-token` and `authjs.session-token`.
   */
  readonly cookie?: string
}

const derived = (secret: string, salt: string, [info, length]: readonly [string, number]): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, salt, info, length))

/** Longest token that is set again in one cookie; the libraries cut longer ones into pieces. */
const ONE_PIECE = 3900

const reader = (
  [name, cookie]: readonly [string, string],
  formOf: () => Promise<JweForm>,
  options: NextAuthOptions<unknown>,
): TakeoverReader => {
  // Thumbprints are promises, and a start must not wait.
  let form: Promise<JweForm> | undefined
  const formOnce = () => {
    form ??= formOf()
    return form
  }
  return createReader(
    {
      name,
      cookie: isPieceOf(cookie),
      user: 'sub',
      find: async (request, now) => {
        const token = tokenOf(request, cookie)
        const data = token === null ? null : await openToken(token, await formOnce(), now)
        return data && { data, key: null, expiresAt: Number(memberOf(data, 'exp')) * 1000, persistent: true }
      },
      renew: async ({ data }, now): Promise<RenewedCookie[]> => {
        const { life, token } = renewToken(data, await formOnce(), now)
        const value = await token
        return value.length > ONE_PIECE ? [] : [{ name: cookie, value, maxAge: life }]
      },
    },
    options,
  )
}

/**
 * Reads the sessions of next-auth 4 with `strategy: 'jwt'`. The user id is the claim `sub` unless `user` says otherwise.
 * Without a `marker` no session is taken over: `jti` changes each time the cookie is written.
 *
 * @throws AuthError `invalid_options`
 */
export const nextAuth = <Id = string>(options: NextAuthOptions<Id>): TakeoverReader => {
  checkOptions('nextAuth', options, wrongSecrets('secret', options.secret))
  const { cookie = '__Secure-next-auth.session-token', secret } = options
  const keys = secretsOf(secret).map((each): JweKey => {
    const key = derived(String(each), '', ['NextAuth.js Generated Encryption Key', 32])
    return { key, kid: null }
  })
  return reader(['next-auth', cookie], async () => ({ enc: 'A256GCM', keys }), options)
}

/** Auth.js refers to its keys by their thumbprints. */
const withThumbprint = async (key: Uint8Array): Promise<JweKey> => {
  const jwk = { kty: 'oct', k: Buffer.from(key).toString('base64url') }
  return { key, kid: await calculateJwkThumbprint(jwk, 'sha512') }
}

/**
 * Reads the sessions of Auth.js 5 (`next-auth` 5, `@auth/express` and others of that project) with `strategy: 'jwt'`. The
 * user id is the claim `sub` unless `user` says otherwise. Without a `marker` no session is taken over: the cookie's text
 * changes with each response.
 *
 * @throws AuthError `invalid_options`
 */
export const authJs = <Id = string>(options: NextAuthOptions<Id>): TakeoverReader => {
  checkOptions('authJs', options, wrongSecrets('secret', options.secret))
  const { cookie = '__Secure-authjs.session-token', secret } = options
  const keys = secretsOf(secret).map((each) => {
    // The name of the cookie is the salt.
    return derived(String(each), cookie, [`Auth.js Generated Encryption Key (${cookie})`, 64])
  })
  const form = async (): Promise<JweForm> => ({
    enc: 'A256CBC-HS512',
    keys: await Promise.all(keys.map(withThumbprint)),
  })
  return reader(['authjs', cookie], form, options)
}
