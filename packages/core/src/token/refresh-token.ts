/**
 * Refresh tokens: `rt1.<session id>.<generation>.<kid>.<mac>`. Opaque to the client, stored nowhere: the MAC is recomputed
 * from the session's seed, so a dump of the store lets no one in.
 */

import { platform } from '#platform'
import type { KeyRing, RefreshKey } from '../keys/ring.js'
import { after, type MaybePromise } from '../maybe-promise.js'
import { accept, type Outcome, refuse } from '../outcome.js'
import type { SessionRecord } from '../session/record.js'
import { isCanonical } from './compact.js'

/** What a well-formed refresh token says of itself. */
export interface RefreshToken {
  readonly sessionId: string
  readonly generation: number
  readonly key: RefreshKey
  readonly mac: Uint8Array
}

type MacInput = Pick<SessionRecord, 'id' | 'generation' | 'seed'>

const SHAPE =
  /^rt1\.([A-Za-z0-9_-]{11}\.[A-Za-z0-9_-]{22})\.([1-9][0-9]{0,14})\.([A-Za-z0-9_-]{11})\.([A-Za-z0-9_-]{43})$/
const MAX_LENGTH = 256
const encoder = new TextEncoder()

/** Each field preceded by its length: no two field lists give the same bytes. */
const macInput = ({ id, generation, seed }: MacInput): Uint8Array => {
  const fields = ['rt1', id, String(generation), seed].map((field) => encoder.encode(field))
  const bytes = new Uint8Array(fields.reduce((total, field) => total + 4 + field.length, 0))
  const view = new DataView(bytes.buffer)
  let offset = 0
  for (const field of fields) {
    view.setUint32(offset, field.length)
    bytes.set(field, offset + 4)
    offset += 4 + field.length
  }
  return bytes
}

/** Gives the refresh token of a session's current generation. Deterministic. */
export const refreshTokenOf = ({ refreshing }: KeyRing, session: MacInput): MaybePromise<string> =>
  after(
    refreshing.sign(macInput(session)),
    (mac) => `rt1.${session.id}.${session.generation}.${refreshing.kid}.${platform.encode(mac)}`,
  )

/** Reads a refresh token's form, without any store. */
export const readRefreshToken = (ring: KeyRing, token: unknown): Outcome<RefreshToken> => {
  const match = typeof token === 'string' && token.length <= MAX_LENGTH ? SHAPE.exec(token) : null
  const [, sessionId, generation, kid, mac] = match ?? []
  if (!sessionId || !generation || !kid || !mac || !isCanonical(mac)) return refuse('malformed')
  const key = ring.findRefresh(kid)
  if (!key) return refuse('unknown_key')
  return accept({ sessionId, generation: Number(generation), key, mac: platform.decode(mac) })
}

/** Checks a refresh token's MAC against its session's seed, in constant time. */
export const isOfSession = (
  token: RefreshToken,
  { seed }: Pick<SessionRecord, 'seed'>,
): MaybePromise<boolean> =>
  token.key.verify(macInput({ id: token.sessionId, generation: token.generation, seed }), token.mac)
