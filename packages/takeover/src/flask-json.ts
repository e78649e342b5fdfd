/** Flask's tagged JSON: Python values that JSON has no word for, as objects of one member. */

import { dataOf, type SessionData } from './session-data.js'

/** What a tagged value stands for here: text and numbers where there are such, so that ids can be read. */
const TAGS: Record<string, (value: unknown) => unknown> = {
  ' t': (value) => value,
  ' b': (value) => Buffer.from(String(value), 'base64'),
  ' m': (value) => value,
  ' u': (value) =>
    String(value).replace(
      /^([\da-f]{8})([\da-f]{4})([\da-f]{4})([\da-f]{4})([\da-f]{12})$/,
      '$1-$2-$3-$4-$5',
    ),
  ' d': (value) => Date.parse(String(value)),
  // An object of one member that looks like a tag is written with a longer name.
  ' di': (value) =>
    Object.fromEntries(Object.entries(Object(value)).map(([name, each]) => [name.slice(0, -2), each])),
}

/** Sessions are flat; deeper nesting than this is no session of Flask. */
const MAX_DEPTH = 32

const untag = (value: unknown, depth: number): unknown => {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deeply')
  if (Array.isArray(value)) return value.map((each) => untag(each, depth + 1))
  const data = dataOf(value)
  if (!data) return value
  const members = Object.entries(data).map(([name, each]) => [name, untag(each, depth + 1)] as const)
  const [[name, only] = ['', undefined]] = members
  const meaning = members.length === 1 && Object.hasOwn(TAGS, name) ? TAGS[name] : undefined
  return meaning ? meaning(only) : Object.fromEntries(members)
}

/** The session that tagged JSON stands for: UUIDs as text, dates as milliseconds; null where it is none. */
export const untagged = (data: SessionData): SessionData | null => {
  try {
    return dataOf(untag(data, 0))
  } catch {
    return null
  }
}
