/** What an old session holds: decoded within bounds, and read by its own members only. */

import { inflateSync } from 'node:zlib'

/** The content of an old session. */
export type SessionData = { readonly [key: string]: unknown }

/** Where something stands in an old session: a member, `'passport.user'` for one further down, or a function. */
export type Place = string | ((session: SessionData) => unknown)

/** Longest content that is decoded, in bytes, and largest that compressed content may become. */
export const MAX_CONTENT = 1024 * 1024

/** A value as the content of a session; null where it is no object. */
export const dataOf = (value: unknown): SessionData | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SessionData) : null

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The JSON object that a string or its UTF-8 bytes hold; null for anything else. */
export const parseData = (content: string | Uint8Array): SessionData | null => {
  if (content.length > MAX_CONTENT) return null
  try {
    return dataOf(JSON.parse(typeof content === 'string' ? content : strictUtf8.decode(content)))
  } catch {
    return null
  }
}

/** The bytes that a zlib stream becomes; null where it is none, or becomes too long. Only for content whose MAC is good. */
export const inflated = (bytes: Uint8Array): Buffer | null => {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_CONTENT })
  } catch {
    return null
  }
}

/** A member of a value's own; undefined where it has none of that name. */
export const memberOf = (value: unknown, name: string): unknown => {
  const data = dataOf(value)
  return data && Object.hasOwn(data, name) ? data[name] : undefined
}

/** What stands at a place; undefined where nothing does, or where the application's function throws. */
export const valueAt = (data: SessionData, place: Place): unknown => {
  if (typeof place === 'string') {
    return place.split('.').reduce<unknown>((value, name) => memberOf(value, name), data)
  }
  try {
    return place(data)
  } catch {
    return undefined
  }
}
