/** The key ring: every key this process signs or verifies with, each bound to one algorithm and one purpose. */

import { base64url } from 'jose'

/** What one secret gives: a key for access tokens, another for refresh tokens, and the name of both. */
export interface SecretKeys {
  /** Names the secret without revealing it; the same on every node. */
  readonly kid: string
  /** The one algorithm that `access` may be used with. */
  readonly alg: 'HS256'
  /** Signs and verifies access tokens: the secret's own UTF-8 bytes. */
  readonly access: CryptoKey
  /** Authenticates refresh tokens: derived, so that whoever verifies access tokens cannot make one. */
  readonly refresh: CryptoKey
}

/** The keys in force. */
export interface KeyRing {
  /** Signs. */
  readonly signing: SecretKeys
  /** Looks a verification key up; undefined for a name this process does not know. */
  find(kid: string): SecretKeys | undefined
}

const encoder = new TextEncoder()
const HMAC = { name: 'HMAC', hash: 'SHA-256', length: 256 } as const
const { subtle } = globalThis.crypto

const hkdf = (purpose: string, development: boolean) => ({
  name: 'HKDF',
  hash: 'SHA-256',
  salt: new Uint8Array(0),
  info: encoder.encode(`auth/1 ${development ? 'development' : 'production'} ${purpose}`),
})

const keysOf = async (bytes: Uint8Array<ArrayBuffer>, development: boolean): Promise<SecretKeys> => {
  const [access, root] = await Promise.all([
    subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']),
    subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits', 'deriveKey']),
  ])
  const [refresh, name] = await Promise.all([
    subtle.deriveKey(hkdf('refresh token', development), root, HMAC, false, ['sign', 'verify']),
    subtle.deriveBits(hkdf('key id', development), root, 64),
  ])
  return { kid: base64url.encode(new Uint8Array(name)), alg: 'HS256', access, refresh }
}

/**
 * A key ring that is derived once, at its first use: nothing is computed or drawn while the program loads. Without a
 * secret, which only development allows, it draws a random one for the life of this process.
 */
export const createKeyRing = (secrets: readonly string[], development: boolean): (() => Promise<KeyRing>) => {
  let ring: Promise<KeyRing> | undefined
  const derive = async (): Promise<KeyRing> => {
    const texts = secrets.map((secret) => encoder.encode(secret))
    const all = await Promise.all(
      (texts.length > 0 ? texts : [crypto.getRandomValues(new Uint8Array(32))]).map((bytes) =>
        keysOf(bytes, development),
      ),
    )
    const byKid = new Map(all.map((keys) => [keys.kid, keys]))
    return { signing: all[0] as SecretKeys, find: (kid) => byKid.get(kid) }
  }
  return () => {
    ring ??= derive().catch((error) => {
      ring = undefined
      throw error
    })
    return ring
  }
}
