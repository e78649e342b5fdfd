/** Primitives of Node.js, Bun and Deno: synchronous. The one file of this package that imports a `node:` module. */

import { createHash, createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Platform } from './platform.js'

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
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url'),
  copy: (text) => Buffer.from(text, 'latin1').toString('latin1'),
  decode: (segment) => Buffer.from(segment, 'base64url'),
}
