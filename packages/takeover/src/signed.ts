/** Message authentication codes: made as the old libraries make them, compared in constant time. */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** A secret of the old application, as it has it. */
export type OldSecret = string | Uint8Array

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Whether two strings are equal, in a time that says nothing about where they differ. */
export const equalText = (one: string, other: string): boolean =>
  timingSafeEqual(digestOf(one), digestOf(other))

/** What names a session without opening it: the id of an {@link OldSession} where its name is a credential. */
export const nameOf = (credential: string): string => digestOf(credential).toString('base64url')

/** How a MAC is made and written. */
export interface MacForm {
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  readonly encoding: 'base64' | 'base64url' | 'hex'
}

/** The MAC of a string, as the text that stands in a cookie; base64 without padding. */
export const macOf = (secret: OldSecret, text: string, { hash, encoding }: MacForm): string =>
  createHmac(hash, secret).update(text).digest(encoding).replace(/=+$/, '')

/** Whether one of several secrets made this MAC. All of them are tried, so the time does not say which. */
export const isMacOf = (mac: string, macs: readonly string[]): boolean =>
  macs.map((expected) => equalText(mac, expected)).includes(true)

/** The two parts of a string around the last place of a separator; null where there is none. */
export const splitLast = (text: string, separator: string): [head: string, tail: string] | null => {
  const at = text.lastIndexOf(separator)
  return at < 0 ? null : [text.slice(0, at), text.slice(at + separator.length)]
}
