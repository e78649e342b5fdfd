/** The primitives that a JavaScript platform brings. Two files give them; the package's `imports` choose one. */

import type { MaybePromise } from '../maybe-promise.js'

/** A key of HMAC with SHA-256. */
export interface HmacKey {
  /** The MAC of a message: 32 bytes. A string stands for its UTF-8 bytes. */
  sign(message: string | Uint8Array): MaybePromise<Uint8Array>
  /** Whether a MAC is the message's, in constant time. */
  verify(message: string | Uint8Array, mac: Uint8Array): MaybePromise<boolean>
}

/** How a key pair signs (RFC 7518 section 3.1, RFC 8037 section 3.1). */
export type SignatureAlgorithm = 'EdDSA' | 'ES256' | 'RS256'

/** A key as JSON (RFC 7517). */
export interface Jwk {
  readonly kty: string
  readonly [member: string]: unknown
}

/** A key pair, or the public half of one. */
export interface SignatureKey {
  /** The signature of a message, for ES256 r and s; absent where the private half is not here. */
  readonly sign?: (message: string) => MaybePromise<Uint8Array>
  verify(message: string, signature: Uint8Array): MaybePromise<boolean>
}

/** Primitives. What a platform can do synchronously, it answers in the same tick. */
export interface Platform {
  hmacKey(secret: Uint8Array): MaybePromise<HmacKey>
  /** HKDF with SHA-256 and an empty salt (RFC 5869). */
  hkdf(secret: Uint8Array, info: string, length: number): MaybePromise<Uint8Array>
  sha256(message: string): MaybePromise<Uint8Array>
  /** Whether keys are imported in the same tick, so that they can be tried where options are checked. */
  readonly isSynchronous: boolean
  /** Imports a JWK. Throws or rejects where it is no key of the algorithm. */
  signatureKey(alg: SignatureAlgorithm, jwk: Jwk): MaybePromise<SignatureKey>
  /** Reads PKCS #8 or SubjectPublicKeyInfo. Throws or rejects where it is neither. */
  jwkOf(pem: string): MaybePromise<Jwk>
  /** base64url without padding (RFC 7515 section 2). */
  encode(bytes: Uint8Array): string
  /** An ASCII string of its own: a slice would keep the string alive that it was cut from. */
  copy(text: string): string
  /** The bytes of a segment whose alphabet and length have been checked. */
  decode(segment: string): Uint8Array
}
