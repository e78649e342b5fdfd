/** The key ring: every key this process signs or verifies with, each bound to one algorithm and one purpose. */

import { platform } from '#platform'
import { after, type MaybePromise } from '../maybe-promise.js'
import type { HmacKey } from '../platform/platform.js'
import { type AccessKey, hs256 } from './algorithms.js'

/** A key for refresh tokens: derived from a secret, so that a service that verifies access tokens cannot make one. */
export interface RefreshKey extends HmacKey {
  readonly kid: string
}

/** The keys in force. */
export interface KeyRing {
  /** Raised with every change, so that what was verified under another ring is verified again. */
  readonly version: number
  /** Signs access tokens. */
  readonly signing: AccessKey
  /** The header of the tokens that a key of the ring signs, by its encoded text; it needs no reading. */
  header(segment: string): { readonly alg: string; readonly kid: string; readonly typ: string } | undefined
  /** Looks a verification key up; undefined for a name this process does not know. */
  find(kid: string): AccessKey | undefined
  /** Authenticates refresh tokens that are issued. */
  readonly refreshing: RefreshKey
  findRefresh(kid: string): RefreshKey | undefined
}

/** Where keys come from. */
export interface KeySource {
  /** The ring, in the same tick where it is at hand. */
  load(): MaybePromise<KeyRing>
}

interface SecretKeys {
  readonly access: AccessKey
  readonly refresh: RefreshKey
}

const KID_BYTES = 8

const infoOf = (purpose: string, development: boolean): string =>
  `auth/1 ${development ? 'development' : 'production'} ${purpose}`

/** What one secret gives: a key for access tokens, the secret's own bytes, and another for refresh tokens. */
const keysOf = (secret: Uint8Array, development: boolean): MaybePromise<SecretKeys> => {
  const derive = (purpose: string, length: number) =>
    platform.hkdf(secret, infoOf(purpose, development), length)
  return after(derive('key id', KID_BYTES), (name) => {
    const kid = platform.encode(name)
    return after(hs256(kid, secret), (access) =>
      after(derive('refresh token', 32), (bytes) =>
        after(platform.hmacKey(bytes), (key) => ({ access, refresh: { kid, ...key } })),
      ),
    )
  })
}

const ringOf = (all: readonly SecretKeys[]): KeyRing => {
  const [first] = all as [SecretKeys]
  const access = new Map(all.map((keys) => [keys.access.kid, keys.access]))
  const headers = new Map(
    all.map(({ access: { header, alg, kid } }) => [header, { alg, kid, typ: 'at+jwt' }]),
  )
  const refresh = new Map(all.map((keys) => [keys.refresh.kid, keys.refresh]))
  return {
    version: 1,
    signing: first.access,
    header: (segment) => headers.get(segment),
    find: (kid) => access.get(kid),
    refreshing: first.refresh,
    findRefresh: (kid) => refresh.get(kid),
  }
}

/** All values, in the same tick where all are there. */
const together = <T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> =>
  values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as T[])

/**
 * The keys of a list of secrets, derived once, at the first use: nothing is computed or drawn while the program loads.
 * Without a secret, which only development allows, it draws a random one for the life of this process.
 */
export const secretKeySource = (secrets: readonly string[], development: boolean): KeySource => {
  let ring: MaybePromise<KeyRing> | undefined
  const derive = (): MaybePromise<KeyRing> => {
    const bytes = secrets.map((secret) => new TextEncoder().encode(secret))
    const all = bytes.length > 0 ? bytes : [crypto.getRandomValues(new Uint8Array(32))]
    return after(together(all.map((secret) => keysOf(secret, development))), ringOf)
  }
  const settled = (found: KeyRing): KeyRing => {
    ring = found
    return found
  }
  const failed = (cause: unknown): never => {
    ring = undefined
    throw cause
  }
  return {
    load: () => {
      if (ring === undefined) {
        const derived = derive()
        ring = derived instanceof Promise ? derived.then(settled, failed) : derived
      }
      return ring
    },
  }
}
