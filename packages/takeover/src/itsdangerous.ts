/** Strings signed as Python's itsdangerous 2 signs them, key derivation `hmac`, for Flask. */

import { createHmac } from 'node:crypto'
import { isMacOf, macOf, type OldSecret, splitLast } from './signed.js'

/** What sets the signatures of one use apart from those of another. */
export interface Signer {
  readonly salt: string
  readonly secrets: readonly OldSecret[]
}

const FORM = { hash: 'sha1', encoding: 'base64url' } as const

const macBy = (secret: OldSecret, salt: string, text: string): string =>
  macOf(createHmac('sha1', secret).update(salt).digest(), text, FORM)

/** The text of a signed string; null where no secret made its signature. */
export const unsign = (signed: string, { salt, secrets }: Signer): string | null => {
  const parts = splitLast(signed, '.')
  if (!parts) return null
  const [text, mac] = parts
  return isMacOf(
    mac,
    secrets.map((secret) => macBy(secret, salt, text)),
  )
    ? text
    : null
}

/** Signs a string with the first secret. */
export const sign = (text: string, { salt, secrets: [secret = ''] }: Signer): string =>
  `${text}.${macBy(secret, salt, text)}`

/** What was signed, and when, in milliseconds. */
export interface Timed {
  readonly payload: string
  readonly signedAt: number
}

const secondsOf = (encoded: string): number | null => {
  const bytes = Buffer.from(encoded, 'base64url')
  return bytes.length > 0 && bytes.length <= 6 ? bytes.readUIntBE(0, bytes.length) : null
}

/** The payload and the time of a string signed with its time; null where no secret made its signature. */
export const unsignTimed = (signed: string, signer: Signer): Timed | null => {
  const text = unsign(signed, signer)
  const parts = text === null ? null : splitLast(text, '.')
  const seconds = parts && secondsOf(parts[1])
  return parts && seconds !== null ? { payload: parts[0], signedAt: seconds * 1000 } : null
}

/** Signs a payload with a time, in milliseconds. */
export const signTimed = (payload: string, now: number, signer: Signer): string => {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(Math.floor(now / 1000), 0, 6)
  const first = bytes.findIndex((byte) => byte !== 0)
  return sign(`${payload}.${bytes.subarray(first < 0 ? 5 : first).toString('base64url')}`, signer)
}
