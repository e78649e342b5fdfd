/** A reader out of a format: the format verifies and finds, and what all formats have in common is here. */

import { type CookieScope, cookieNames, expiringCookie, settingCookie } from './cookies.js'
import type { MarkerOptions } from './reader-options.js'
import { type Place, type SessionData, valueAt } from './session-data.js'
import { nameOf } from './signed.js'
import type { OldSession, ReaderRequest, TakeoverReader } from './takeover-reader.js'
import { isSubject, stringIds } from './user-ids.js'

/** A session that was found and has not ended. */
export interface FoundSession {
  readonly data: SessionData
  /** What opens the session, where it stays the same: a session id. Null where the cookie is the whole session. */
  readonly key: string | null
  readonly expiresAt: number | null
  readonly persistent: boolean
  /** What a format needs to set the cookie again, as it stood there. */
  readonly source?: string
}

/** A cookie to be set again. */
export interface RenewedCookie {
  readonly name: string
  readonly value: string
  /** In seconds. */
  readonly maxAge: number
}

/** One format of old sessions. */
export interface Format {
  readonly name: string
  readonly cookie: TakeoverReader['cookie']
  /** The names of cookies that come and go with it: those with signatures. */
  readonly companions?: readonly string[]
  /** Where the user id stands unless the application says otherwise; absent where the format has no habit. */
  readonly user?: Place
  /** Finds the session of a request; null where there is none. Rejects only where a store does. */
  find(request: ReaderRequest, now: number): FoundSession | null | Promise<FoundSession | null>
  /** What must hold about the user beside the session itself. Rejects where the application's answer is not to be had. */
  confirm?(found: FoundSession, subject: string): Promise<boolean>
  /** Deletes the row of a session. */
  remove?(found: FoundSession): Promise<void>
  /** Prolongs a session; gives the cookies that have to be set again. */
  renew?(found: FoundSession, now: number): RenewedCookie[] | Promise<RenewedCookie[]>
}

const MARKER = /^[\x21-\x7e]{16,128}$/
/** Clocks of several machines differ. */
const SKEW = 60_000

const markerIn = (data: SessionData, place: Place | undefined): string | null => {
  const value = place === undefined ? undefined : valueAt(data, place)
  return typeof value === 'string' && MARKER.test(value) ? value : null
}

/** An instant that is no number, lies ahead, or cannot be read says nothing. */
const instantIn = (data: SessionData, place: Place | undefined, now: number): number | null => {
  const value = place === undefined ? undefined : valueAt(data, place)
  const instant = typeof value === 'string' ? Date.parse(value) : value
  const known =
    typeof instant === 'number' && Number.isFinite(instant) && instant > 0 && instant <= now + SKEW
  return known ? Math.floor(instant) : null
}

/** The subject of a session; null where it is of no user, also where the application's own mapping throws. */
const subjectIn = (
  data: SessionData,
  place: Place | undefined,
  { ids = stringIds }: MarkerOptions<unknown>,
): string | null => {
  if (place === undefined) return null
  try {
    const subject = ids.subjectOf(valueAt(data, place))
    return isSubject(subject) ? subject : null
  } catch {
    return null
  }
}

const scopeOf = (options: MarkerOptions<unknown>): CookieScope => ({
  path: options.path ?? '/',
  domain: options.domain,
  secure: options.secure ?? true,
  sameSite: options.sameSite ?? 'Lax',
})

interface Known {
  readonly found: FoundSession
  readonly session: OldSession
}

const same = (known: Known | null, session: OldSession): known is Known =>
  known !== null && known.session.id === session.id && known.session.subject === session.subject

/** Makes the reader of a format with the application's options. */
export const createReader = (format: Format, given: MarkerOptions<unknown>): TakeoverReader => {
  const options = { ...given }
  const { now = Date.now } = options
  const scope = scopeOf(options)
  const { cookie, companions = [], name, confirm, remove, renew } = format
  const isOurs = (each: string): boolean =>
    companions.includes(each) || (typeof cookie === 'string' ? each === cookie : cookie(each))

  const look = async (request: ReaderRequest): Promise<Known | null> => {
    const at = now()
    const found = await format.find(request, at)
    const subject = found && subjectIn(found.data, options.user ?? format.user, options)
    if (!found || !subject || (confirm && !(await confirm(found, subject)))) return null
    const { data, key, expiresAt, persistent } = found
    const id = key === null ? markerIn(data, options.marker) : nameOf(key)
    const authenticatedAt = instantIn(data, options.authenticatedAt, at)
    return { found, session: { id, subject, authenticatedAt, expiresAt, persistent } }
  }

  const touch = async (session: OldSession, request: ReaderRequest) => {
    const known = await look(request)
    if (!renew || !same(known, session)) return []
    const cookies = await renew(known.found, now())
    return cookies.map(({ name, value, maxAge }) => settingCookie([name, value], maxAge, scope))
  }
  return {
    name,
    cookie,
    read: async (request) => (await look(request))?.session ?? null,
    end: async (session, request) => {
      const known = await look(request)
      if (!same(known, session)) return []
      await remove?.(known.found)
      return cookieNames(request)
        .filter(isOurs)
        .map((each) => expiringCookie(each, scope))
    },
    ...(renew ? { touch } : {}),
  }
}
