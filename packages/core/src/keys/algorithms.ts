/** The algorithms of access tokens, a row each: how a key signs and verifies. The header of a token never chooses. */

import { platform } from '#platform'
import { after, type MaybePromise } from '../maybe-promise.js'

/** The name of an algorithm (RFC 7518 section 3.1). */
export type Algorithm = 'HS256'

/** A key for access tokens, bound to one algorithm. */
export interface AccessKey {
  /** Names the key without revealing it; the same on every node. */
  readonly kid: string
  /** The one algorithm that the key may be used with. */
  readonly alg: Algorithm
  /** The encoded header of the tokens that this key signs. */
  readonly header: string
  /** Gives the encoded signature of a signing input; absent where the key verifies only. */
  readonly sign?: (input: string) => MaybePromise<string>
  /** Whether an encoded signature, in canonical base64url, is the input's. */
  verify(input: string, signature: string): MaybePromise<boolean>
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
