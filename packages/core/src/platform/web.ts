/** Primitives of the web platform: WebCrypto, for Workers and whatever else has no `node:crypto`. */

import { base64url } from 'jose'
import type { Jwk, Platform, SignatureAlgorithm } from './platform.js'

const encoder = new TextEncoder()
const bytesOf = (message: string | Uint8Array): Uint8Array<ArrayBuffer> =>
  typeof message === 'string' ? encoder.encode(message) : Uint8Array.from(message)

const SIGNATURES = {
  EdDSA: { name: 'Ed25519' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const satisfies Record<SignatureAlgorithm, object>

/** Which algorithm a PEM is for stands inside it: it is tried as each. */
const readPem = async (pem: string): Promise<Jwk> => {
  const { subtle } = globalThis.crypto
  const der = Uint8Array.from(atob(pem.replace(/-----[A-Z ]+-----|\s/g, '')), (c) => c.charCodeAt(0))
  const isPrivate = pem.includes('PRIVATE')
  const tries = Object.values(SIGNATURES).map((how) =>
    subtle.importKey(isPrivate ? 'pkcs8' : 'spki', der, how, true, [isPrivate ? 'sign' : 'verify']),
  )
  const { key_ops, ext, alg, ...jwk } = await subtle.exportKey('jwk', await Promise.any(tries))
  return jwk as Jwk
}

/** WebCrypto. */
export const platform: Platform = {
  hmacKey: async (secret) => {
    const { subtle } = globalThis.crypto
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const key = await subtle.importKey('raw', bytesOf(secret), algorithm, false, ['sign', 'verify'])
    return {
      sign: async (message) => new Uint8Array(await subtle.sign('HMAC', key, bytesOf(message))),
      verify: (message, mac) => subtle.verify('HMAC', key, bytesOf(mac), bytesOf(message)),
    }
  },
  hkdf: async (secret, info, length) => {
    const { subtle } = globalThis.crypto
    const key = await subtle.importKey('raw', bytesOf(secret), 'HKDF', false, ['deriveBits'])
    const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: encoder.encode(info) }
    return new Uint8Array(await subtle.deriveBits(algorithm, key, length * 8))
  },
  sha256: async (message) =>
    new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', encoder.encode(message))),
  isSynchronous: false,
  signatureKey: async (alg, jwk) => {
    const { subtle } = globalThis.crypto
    const how = SIGNATURES[alg]
    const { d, p, q, dp, dq, qi, ...shared } = jwk
    const keyOf = (members: object, use: 'sign' | 'verify') =>
      subtle.importKey('jwk', members as JsonWebKey, how, false, [use])
    const publicKey = await keyOf(shared, 'verify')
    const verify = (message: string, signature: Uint8Array) =>
      subtle.verify(how, publicKey, bytesOf(signature), bytesOf(message))
    if (d === undefined) return { verify }
    const privateKey = await keyOf(jwk, 'sign')
    return {
      verify,
      sign: async (message) => new Uint8Array(await subtle.sign(how, privateKey, bytesOf(message))),
    }
  },
  jwkOf: readPem,
  encode: (bytes) => base64url.encode(bytes),
  copy: (text) => new TextDecoder().decode(encoder.encode(text)),
  decode: (segment) => base64url.decode(segment),
}
