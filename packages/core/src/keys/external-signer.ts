/** A private key that stays elsewhere, in a KMS or an HSM: signs by asking, and believes nothing before it has verified. */

import { withinDeadline } from '../deadline.js'
import { AuthError } from '../errors.js'
import type { SignatureAlgorithm, SignatureKey } from '../platform/platform.js'

/** Signs the bytes of a token's header and payload, unhashed. An ECDSA signature may be DER, as AWS KMS gives it, or r and s. */
export type ExternalSign = (input: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** How long a signer may take, in milliseconds. */
const SIGNER_DEADLINE = 5000
/** Bytes of r, and of s, on P-256. */
const FIELD = 32

/** One INTEGER of DER as 32 bytes, and what follows it; null where there is none. */
const integerAt = (der: Uint8Array, at: number): { number: Uint8Array; end: number } | null => {
  const end = at + 2 + (der[at + 1] ?? 0)
  if (der[at] !== 2 || end > der.length) return null
  const bytes = der.subarray(at + 2, end)
  const digits = bytes.subarray(Math.max(0, bytes.length - FIELD))
  const number = new Uint8Array(FIELD)
  number.set(digits, FIELD - digits.length)
  return { number, end }
}

/** r and s of a signature that may be DER (RFC 3279 section 2.2.3); JWS wants the two alone (RFC 7518 section 3.4). */
const rawSignature = (signature: Uint8Array): Uint8Array => {
  if (signature.length === 2 * FIELD || signature[0] !== 0x30) return signature
  const r = integerAt(signature, 2)
  const s = r && integerAt(signature, r.end)
  return r && s && s.end === signature.length ? Uint8Array.of(...r.number, ...s.number) : signature
}

/** Binds a signer to the public key that verifiers know. @throws AuthError `keys_unavailable` where it cannot sign, or signs with another key */
export const externalSign = (alg: SignatureAlgorithm, key: SignatureKey, sign: ExternalSign) => {
  let isProven = false
  const ask = async (message: string): Promise<Uint8Array> => {
    const given = await withinDeadline(
      Promise.resolve(sign(new TextEncoder().encode(message))),
      SIGNER_DEADLINE,
    )
    if (!(given instanceof Uint8Array)) throw new Error('the signer gave no bytes')
    const signature = alg === 'ES256' ? rawSignature(given) : Uint8Array.from(given)
    // Once: a signer that has the key keeps it, and a check of each signature would cost what it saves.
    if (!isProven && !(await key.verify(message, signature)))
      throw new Error('its signature does not fit the public key')
    isProven = true
    return signature
  }
  return (message: string): Promise<Uint8Array> =>
    ask(message).catch((cause: unknown) => {
      throw new AuthError('keys_unavailable', 'The external signer cannot sign.', { cause })
    })
}
