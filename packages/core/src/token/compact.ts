/** The strict compact form of a JWS: one text per token, checked before any cryptography and any claim. */

import { base64url } from 'jose'
import { AuthError, type TokenOwner } from '../errors.js'
import type { RejectionReason } from '../events.js'

/** Longest accepted token text, in characters. */
export const MAX_TOKEN_LENGTH = 8192

/** The protected header, as far as verification needs it. */
export interface TokenHeader {
  readonly alg: string
  readonly kid: string
  readonly typ: string
}

/** Members by which a token would choose its own key, encoding or extensions. Their presence alone is refused. */
const FORBIDDEN_MEMBERS = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5c', 'x5u', 'x5t', 'x5t#S256']
const ALPHABET = /^[A-Za-z0-9_-]+$/
const MAX_KID_LENGTH = 128
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The one rejection of every bad token. Its text is always the same; the reason is for the audit log. */
export const invalidToken = (reason: RejectionReason, about?: TokenOwner): AuthError =>
  new AuthError('invalid_token', 'The token is not valid.', { reason, about })

/** Decodes one base64url segment, accepting its canonical text only. */
const decodeSegment = (segment: string): Uint8Array => {
  if (!ALPHABET.test(segment)) throw invalidToken('malformed')
  // One character more than a multiple of four is no length of base64url; the decoder would throw its own error.
  const bytes = segment.length % 4 === 1 ? new Uint8Array() : base64url.decode(segment)
  if (base64url.encode(bytes) !== segment) throw invalidToken('malformed')
  return bytes
}

/** Reads bytes as a JSON object in UTF-8; a duplicate member's last value wins, as in RFC 7519 section 4. */
export const decodeObject = (bytes: Uint8Array): Record<string, unknown> => {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(bytes))
  } catch {
    throw invalidToken('malformed')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidToken('malformed')
  if (Object.hasOwn(value, '__proto__')) throw invalidToken('malformed')
  return Object.assign(Object.create(null), value)
}

/** Checks the form of a token and reads its header; nothing of the payload is looked at. */
export const readHeader = (token: unknown): TokenHeader => {
  if (typeof token !== 'string' || token === '') throw invalidToken('malformed')
  if (token.length > MAX_TOKEN_LENGTH) throw invalidToken('oversized')
  const segments = token.split('.', 4)
  const [first, second, third] = segments
  if (segments.length !== 3 || !first || !second || !third) throw invalidToken('malformed')
  const header = decodeObject(decodeSegment(first))
  decodeSegment(second)
  decodeSegment(third)
  const { alg, kid, typ } = header
  if (FORBIDDEN_MEMBERS.some((member) => member in header)) throw invalidToken('malformed')
  if (typeof alg !== 'string' || typeof typ !== 'string') throw invalidToken('malformed')
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) throw invalidToken('unknown_key')
  return { alg, kid, typ }
}
