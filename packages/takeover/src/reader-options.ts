/** The options that readers share, and how they are checked: once, at start, before any request. */

import { AuthError } from '@auth/core'
import type { CookieScope } from './cookies.js'
import type { Place } from './session-data.js'
import type { OldSecret } from './signed.js'
import type { UserIds } from './user-ids.js'

/** What every reader takes. */
export interface ReaderOptions<Id = string> {
  /** Where the user's id stands in an old session, for instance `'userId'` or `'passport.user'`. */
  readonly user?: Place
  /** How user ids and subjects become each other. Default: {@link stringIds}. */
  readonly ids?: UserIds<Id>
  /**
   * Where the old session says when its user signed in: milliseconds since the Unix epoch, or a date as `JSON.stringify`
   * writes it. Without it a session counts as older than any revocation of its user.
   */
  readonly authenticatedAt?: Place
  /** The name of the old cookie. Default: that of the old library. */
  readonly cookie?: string
  /** The `Path` of the old cookie. Default: `/`. */
  readonly path?: string
  /** The `Domain` of the old cookie. Default: none. */
  readonly domain?: string
  /** Whether the old cookie is `Secure`, for formats that set it again. Default: true. */
  readonly secure?: boolean
  /** The `SameSite` of the old cookie, for formats that set it again. Default: `'Lax'`. */
  readonly sameSite?: CookieScope['sameSite']
  /** The clock, in milliseconds. Default: `Date.now`. */
  readonly now?: () => number
}

/** What readers take whose format has no id that stays the same. */
export interface MarkerOptions<Id = string> extends ReaderOptions<Id> {
  /**
   * Where the id stands that the old application writes into its sessions: 16 to 128 characters, random, one per login.
   * Without it, and in sessions without one, `id` is null: such sessions are accepted and not taken over.
   */
  readonly marker?: Place
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0

const isFilled = (value: unknown): boolean =>
  isText(value) || (value instanceof Uint8Array && value.byteLength > 0)

const SHAPES: Record<string, [holds: (value: unknown) => boolean, expected: string]> = {
  user: [(value) => isText(value) || typeof value === 'function', 'the name of a member, or a function'],
  marker: [(value) => isText(value) || typeof value === 'function', 'the name of a member, or a function'],
  authenticatedAt: [
    (value) => isText(value) || typeof value === 'function',
    'the name of a member, or a function',
  ],
  ids: [
    (value) => {
      const { subjectOf, idOf } = Object(value) as Partial<UserIds>
      return typeof subjectOf === 'function' && typeof idOf === 'function'
    },
    'an object with subjectOf and idOf',
  ],
  cookie: [(value) => isText(value) && /^[\w!#$%&'*+.^`|~-]+$/.test(value), 'the name of a cookie'],
  path: [(value) => isText(value) && /^\/[\x20-\x3a\x3c-\x7e]*$/.test(value), 'a path that begins with /'],
  domain: [(value) => isText(value) && /^\.?[a-z\d-]+(\.[a-z\d-]+)*$/i.test(value), 'a domain'],
  secure: [(value) => typeof value === 'boolean', 'true or false'],
  sameSite: [(value) => ['Lax', 'Strict', 'None'].includes(value as string), '"Lax", "Strict" or "None"'],
  now: [(value) => typeof value === 'function', 'a function'],
}

/**
 * Checks what readers share, and that the secrets are there.
 *
 * @throws AuthError `invalid_options` with every problem.
 */
export const checkOptions = (format: string, options: object, own: readonly string[] = []): void => {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const wrong = given.flatMap(([name, value]) => {
    const [holds, expected] = SHAPES[name] ?? []
    return holds && !holds(value) ? [`${name} must be ${expected}`] : []
  })
  const problems = [...wrong, ...own]
  if (problems.length > 0) throw new AuthError('invalid_options', `${format}: ${problems.join('; ')}.`)
}

/** Says what is wrong with the place of a user id that has no default. */
export const missingUser = ({ user }: ReaderOptions<unknown>): string[] =>
  user === undefined ? ["user must say where the user's id stands in a session"] : []

/** Says what is wrong with secrets. */
export const wrongSecrets = (name: string, given: unknown): string[] => {
  const list = Array.isArray(given) ? given : [given]
  return list.length > 0 && list.every(isFilled)
    ? []
    : [`${name} must be what the old application has: a string, bytes, or a list of them`]
}

/** The secrets as a list: the first signs, all verify. */
export const secretsOf = (given: OldSecret | readonly OldSecret[]): readonly OldSecret[] =>
  typeof given === 'string' || given instanceof Uint8Array ? [given] : [...given]
