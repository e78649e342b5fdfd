/** Primitives of Node.js, Bun and Deno: synchronous. The one file of this package that imports a `node:` module. */

import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hkdfSync,
  type JsonWebKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import type { Jwk, Platform, SignatureAlgorithm } from './platform.js'

const digestOf = (alg: SignatureAlgorithm): string | null => (alg === 'EdDSA' ? null : 'sha256')
const jwkOf = (key: KeyObject): Jwk => key.export({ format: 'jwk' }) as Jwk

/** `node:crypto`. */
export const platform: Platform = {
  hmacKey: (secret) => {
    // A prepared key: hashing the raw bytes anew at each call costs a third of the whole.
    const key = createSecretKey(secret)
    const sign = (message: string | Uint8Array): Uint8Array =>
      createHmac('sha256', key).update(message).digest()
    return {
      sign,
      verify: (message, mac) => mac.length === 32 && timingSafeEqual(sign(message), mac),
    }
  },
  hkdf: (secret, info, length) => new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, length)),
  sha256: (message) => createHash('sha256').update(message).digest(),
  isSynchronous: true,
  signatureKey: (alg, jwk) => {
    const digest = digestOf(alg)
    const given = { key: jwk as JsonWebKey, format: 'jwk' } as const
    const publicKey = { key: createPublicKey(given), dsaEncoding: 'ieee-p1363' } as const
    const checking = (message: string, signature: Uint8Array): boolean =>
      verify(digest, Buffer.from(message), publicKey, signature)
    if (jwk.d === undefined) return { verify: checking }
    const privateKey = { key: createPrivateKey(given), dsaEncoding: 'ieee-p1363' } as const
    return { verify: checking, sign: (message) => sign(digest, Buffer.from(message), privateKey) }
  },
  jwkOf: (pem) => jwkOf(pem.includes('PRIVATE') ? createPrivateKey(pem) : createPublicKey(pem)),
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url'),
  copy: (text) => Buffer.from(text, 'latin1').toString('latin1'),
  decode: (segment) => Buffer.from(segment, 'base64url'),
}
