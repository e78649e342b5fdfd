/** The strict compact form of a JWS: one string per token, checked before any cryptography and any claim. */

import { platform } from '#platform'
import { MAX_TOKEN_LENGTH } from '../limits.js'
import { type Outcome, type Refusal, refuse } from '../outcome.js'

/** A token taken apart; nothing of its payload has been looked at. */
export interface CompactToken {
  readonly header: TokenHeader
  /** What the signature signs: header and payload as they came. */
  readonly input: string
  readonly payload: string
  readonly signature: string
}

/** Members by which a token would choose its own key, encoding or extensions. Their presence alone is refused. */
const FORBIDDEN_MEMBERS = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5c', 'x5u', 'x5t', 'x5t#S256']
const ALPHABET = /^[A-Za-z0-9_-]+$/
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const MAX_KID_LENGTH = 128
/** A byte order mark is not swallowed: it makes the JSON invalid. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const malformed = refuse('malformed')

/** Whether a segment is the one text of its bytes: base64url, without padding, its unused bits zero (RFC 4648 section 3.5). */
export const isCanonical = (segment: string): boolean => {
  const rest = segment.length % 4
  if (rest === 1 || !ALPHABET.test(segment)) return false
  const unused = rest === 2 ? 15 : rest === 3 ? 3 : 0
  return (DIGITS.indexOf(segment[segment.length - 1] as string) & unused) === 0
}

/** Reads a canonical segment as a JSON object in UTF-8; null where it is none. The last of duplicate members wins (RFC 7519 section 4). */
export const decodeObject = (segment: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(decoder.decode(platform.decode(segment)))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && !Object.hasOwn(value, '__proto__') ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** What a token's header says, as far as verification needs it. */
export interface TokenHeader {
  readonly alg: string
  readonly kid: string
  readonly typ: string
}

/** The header of a segment that was seen before; undefined where it has to be read. */
export type KnownHeader = (segment: string) => TokenHeader | undefined

const parseHeader = (segment: string): TokenHeader | Refusal => {
  const header = isCanonical(segment) ? decodeObject(segment) : null
  if (!header || FORBIDDEN_MEMBERS.some((member) => Object.hasOwn(header, member))) return malformed
  const [alg, kid, typ] = ['alg', 'kid', 'typ'].map((name) =>
    Object.hasOwn(header, name) ? header[name] : undefined,
  )
  if (typeof alg !== 'string' || typeof typ !== 'string') return malformed
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) return refuse('unknown_key')
  return { alg, kid, typ }
}

/** Checks the form of a token and reads its header. */
export const readCompact = (token: unknown, known: KnownHeader): Outcome<CompactToken> => {
  if (typeof token !== 'string' || token === '') return malformed
  if (token.length > MAX_TOKEN_LENGTH) return refuse('oversized')
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first < 0 || second < 0 || token.includes('.', second + 1)) return malformed
  const head = token.slice(0, first)
  const payload = token.slice(first + 1, second)
  const signature = token.slice(second + 1)
  const header = known(head) ?? parseHeader(head)
  if (!isCanonical(payload) || !isCanonical(signature)) return malformed
  if (Object.hasOwn(header, 'refused')) return header as Refusal
  return { accepted: { header: header as TokenHeader, input: token.slice(0, second), payload, signature } }
}
