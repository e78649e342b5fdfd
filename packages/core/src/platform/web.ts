/** Primitives of the web platform: WebCrypto, for Workers and whatever else has no `node:crypto`. */

import { base64url } from 'jose'
import type { Platform } from './platform.js'

const encoder = new TextEncoder()
const bytesOf = (message: string | Uint8Array): Uint8Array<ArrayBuffer> =>
  typeof message === 'string' ? encoder.encode(message) : Uint8Array.from(message)

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
  encode: (bytes) => base64url.encode(bytes),
  copy: (text) => new TextDecoder().decode(encoder.encode(text)),
  decode: (segment) => base64url.decode(segment),
}
