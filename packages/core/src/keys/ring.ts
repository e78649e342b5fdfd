/** The key ring: every key this process signs or verifies with, each bound to one algorithm and one purpose. */

import { platform } from '#platform'
import { invalidOptions } from '../checks.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import type { HmacKey, Jwk } from '../platform/platform.js'
import { type AccessKey, asymmetric, hs256, thumbprint } from './algorithms.js'
import { externalSign } from './external-signer.js'
import { importKey, readPem } from './jwk.js'
import type { KeySpec } from './key-options.js'

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
  /** What other services verify with. */
  readonly published: readonly Jwk[]
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

/** What a source works with. */
export interface KeySourceNeeds {
  readonly secrets: readonly string[]
  readonly development: boolean
  readonly specs: readonly KeySpec[]
}

interface SecretKeys {
  readonly access: AccessKey
  readonly refresh: RefreshKey
}

type PairSpec = Extract<KeySpec, { kind: 'pair' }>

const KID_BYTES = 8

/** The label under which a key is derived from the secret. */
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

/** A key that could not be tried where options are checked is found unfit at the first use. */
const sound = <T>(read: T | string): T => {
  if (typeof read === 'string') throw invalidOptions('createAuth', [`keys holds a key that ${read}`])
  return read
}

/** The access key of a pair. */
const keyOf = ({ material, key: imported, sign }: Omit<PairSpec, 'kind'>): MaybePromise<AccessKey> => {
  const { alg, jwk } = material
  return after(imported ?? importKey(material), (read) => {
    const own = sound(read)
    const key = sign ? { ...own, sign: externalSign(alg, own, sign) } : own
    return after(material.kid ?? thumbprint(alg, jwk), (kid) => asymmetric({ kid, alg }, jwk, key))
  })
}

const accessKeysOf = (spec: KeySpec, bySecret: readonly SecretKeys[]): MaybePromise<readonly AccessKey[]> => {
  const alone = (key: AccessKey): readonly AccessKey[] => [key]
  switch (spec.kind) {
    case 'secret':
      return bySecret.map(({ access }) => access)
    case 'shared':
      return after(hs256(spec.kid, spec.secret), alone)
    case 'pem':
      return after(readPem(spec.text), (read) => after(keyOf({ material: sound(read) }), alone))
    case 'pair':
      return after(keyOf(spec), alone)
  }
}

/** All values, in the same tick where all are there. */
const together = <T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> =>
  values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as T[])

const ringOf = (bySecret: readonly SecretKeys[], keys: readonly AccessKey[]): KeyRing => {
  const [first] = bySecret as [SecretKeys]
  const byKid = new Map(keys.map((key) => [key.kid, key]))
  const headers = new Map(keys.map(({ header, alg, kid }) => [header, { alg, kid, typ: 'at+jwt' }]))
  const refresh = new Map(bySecret.map((by) => [by.refresh.kid, by.refresh]))
  return {
    version: 1,
    signing: keys[0] as AccessKey,
    published: keys.flatMap(({ published }) => published ?? []),
    header: (segment) => headers.get(segment),
    find: (kid) => byKid.get(kid),
    refreshing: first.refresh,
    findRefresh: (kid) => refresh.get(kid),
  }
}

/**
 * The keys of a configuration, derived once, at the first use: nothing is computed or drawn while the program loads. Without
 * a secret, which only development allows, it draws a random one for the life of this process.
 */
export const createKeySource = ({ secrets, development, specs }: KeySourceNeeds): KeySource => {
  let ring: MaybePromise<KeyRing> | undefined
  const derive = (): MaybePromise<KeyRing> => {
    const bytes = secrets.map((secret) => new TextEncoder().encode(secret))
    const all = bytes.length > 0 ? bytes : [crypto.getRandomValues(new Uint8Array(32))]
    return after(together(all.map((secret) => keysOf(secret, development))), (bySecret) =>
      after(together(specs.map((spec) => accessKeysOf(spec, bySecret))), (access) =>
        ringOf(bySecret, access.flat()),
      ),
    )
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
