/** The algorithms of access tokens, a row each: how a key signs and verifies. The header of a token never chooses. */

import { platform } from '#platform'
import { after, type MaybePromise } from '../maybe-promise.js'
import type { Jwk, SignatureAlgorithm, SignatureKey } from '../platform/platform.js'

/** The name of an algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1). */
export type Algorithm = 'HS256' | SignatureAlgorithm

/** A key for access tokens, bound to one algorithm. */
export interface AccessKey {
  /** Names the key without revealing it; the same on every node. */
  readonly kid: string
  /** The one algorithm that the key may be used with. */
  readonly alg: Algorithm
  /** The encoded header of the tokens that this key signs. */
  readonly header: string
  /** What other services verify with; absent where that would be the key itself. */
  readonly published?: Jwk | undefined
  /** Gives the encoded signature of a signing input; absent where the key verifies only. */
  readonly sign?: ((input: string) => MaybePromise<string>) | undefined
  /** Whether an encoded signature, in canonical base64url, is the input's. */
  verify(input: string, signature: string): MaybePromise<boolean>
}

/** What a JWK of an algorithm holds. */
interface JwkForm {
  readonly kty: string
  readonly crv?: string
  /** The public members, sorted: what a thumbprint is made of (RFC 7638 section 3.2). */
  readonly shared: readonly string[]
  /** The private members. */
  readonly secret: readonly string[]
}

/** A row for each algorithm that has a public key. */
export const JWK_FORMS: Readonly<Record<SignatureAlgorithm, JwkForm>> = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519', shared: ['crv', 'kty', 'x'], secret: ['d'] },
  ES256: { kty: 'EC', crv: 'P-256', shared: ['crv', 'kty', 'x', 'y'], secret: ['d'] },
  RS256: { kty: 'RSA', shared: ['e', 'kty', 'n'], secret: ['d', 'p', 'q', 'dp', 'dq', 'qi'] },
}

/** Encodes the header of access tokens (RFC 9068 section 2.1). */
const headerOf = (alg: Algorithm, kid: string): string =>
  platform.encode(new TextEncoder().encode(JSON.stringify({ alg, kid, typ: 'at+jwt' })))

/** HMAC with SHA-256 under the bytes of a secret. */
export const hs256 = (kid: string, secret: Uint8Array): MaybePromise<AccessKey> =>
  after(platform.hmacKey(secret), (key) => ({
    kid,
    alg: 'HS256' as const,
    header: headerOf('HS256', kid),
    sign: (input) => after(key.sign(input), platform.encode),
    verify: (input, signature) => key.verify(input, platform.decode(signature)),
  }))

/** The public members of a JWK, in the order of a thumbprint. */
const sharedOf = (alg: SignatureAlgorithm, jwk: Jwk): Jwk => {
  const members = JWK_FORMS[alg].shared.map((name) => [name, jwk[name]])
  return Object.fromEntries(members) as Jwk
}

/** The name that a key has of itself: the thumbprint of its public members (RFC 7638). */
export const thumbprint = (alg: SignatureAlgorithm, jwk: Jwk): MaybePromise<string> =>
  after(platform.sha256(JSON.stringify(sharedOf(alg, jwk))), platform.encode)

/** What names a key besides its own members. */
export interface KeyName {
  readonly kid: string
  readonly alg: SignatureAlgorithm
}

/** A signature under a private key, or the check of one under its public half. */
export const asymmetric = ({ kid, alg }: KeyName, jwk: Jwk, key: SignatureKey): AccessKey => {
  const { sign } = key
  return {
    kid,
    alg,
    header: headerOf(alg, kid),
    published: { ...sharedOf(alg, jwk), kid, alg, use: 'sig' },
    ...(sign ? { sign: (input: string) => after(sign(input), platform.encode) } : {}),
    verify: (input, signature) => key.verify(input, platform.decode(signature)),
  }
}
