/**
 * Refresh tokens: `rt1.<session id>.<generation>.<kid>.<mac>`. Opaque to the client, stored nowhere: the MAC is recomputed
 * from the session's seed, so the current token can be given again, and a dump of the store lets no one in.
 */

import { base64url } from 'jose'
import type { SessionRecord } from '../session/record.js'
import { invalidToken } from './compact.js'
import type { KeyRing, SecretKeys } from './keys.js'

/** What a well-formed refresh token says of itself. */
export interface RefreshToken {
  readonly sessionId: string
  readonly generation: number
  readonly keys: SecretKeys
  readonly mac: Uint8Array<ArrayBuffer>
}

type MacInput = Pick<SessionRecord, 'id' | 'generation' | 'seed'>

const SHAPE =
  /^rt1\.([A-Za-z0-9_-]{11}\.[A-Za-z0-9_-]{22})\.([1-9][0-9]{0,14})\.([A-Za-z0-9_-]{11})\.([A-Za-z0-9_-]{43})$/
const encoder = new TextEncoder()

/** Each field preceded by its length: no two field lists give the same bytes. */
const macInput = ({ id, generation, seed }: MacInput): Uint8Array<ArrayBuffer> => {
  const fields = ['rt1', id, String(generation), seed].map((field) => encoder.encode(field))
  const bytes = new Uint8Array(fields.reduce((total, field) => total + 4 + field.length, 0))
  let offset = 0
  for (const field of fields) {
    new DataView(bytes.buffer).setUint32(offset, field.length)
    bytes.set(field, offset + 4)
    offset += 4 + field.length
  }
  return bytes
}

/** Gives the refresh token of a session's current generation. Deterministic. */
export const refreshTokenOf = async ({ signing }: KeyRing, session: MacInput): Promise<string> => {
  const mac = await crypto.subtle.sign('HMAC', signing.refresh, macInput(session))
  return `rt1.${session.id}.${session.generation}.${signing.kid}.${base64url.encode(new Uint8Array(mac))}`
}

/**
 * Reads a refresh token's form, without any store.
 *
 * @throws AuthError `invalid_token` where the form is impossible or the key is not one of ours
 */
export const readRefreshToken = (ring: KeyRing, token: unknown): RefreshToken => {
  const match = typeof token === 'string' && token.length <= 256 ? SHAPE.exec(token) : null
  const [, sessionId, generation, kid, text] = match ?? []
  if (!sessionId || !generation || !kid || !text) throw invalidToken('malformed')
  const keys = ring.find(kid)
  if (!keys) throw invalidToken('unknown_key')
  const mac = new Uint8Array(base64url.decode(text))
  if (base64url.encode(mac) !== text) throw invalidToken('malformed')
  return { sessionId, generation: Number(generation), keys, mac }
}

/** Checks a refresh token's MAC against its session's seed, in constant time. */
export const verifyRefreshToken = (token: RefreshToken, seed: string): Promise<boolean> => {
  const input = macInput({ id: token.sessionId, generation: token.generation, seed })
  return crypto.subtle.verify('HMAC', token.keys.refresh, token.mac, input)
}
