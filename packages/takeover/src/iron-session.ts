/** The reader of iron-session 8 and 9: the whole session in a cookie sealed by Iron (`Fe26.2`). */

import { createDecipheriv, pbkdf2Sync } from 'node:crypto'
import { cookieOf } from './cookies.js'
import { createReader } from './create-reader.js'
import { checkOptions, type MarkerOptions, missingUser } from './reader-options.js'
import { parseData, type SessionData } from './session-data.js'
import { equalText, macOf } from './signed.js'
import type { ReaderRequest, TakeoverReader } from './takeover-reader.js'

/** Options of {@link ironSession}. */
export interface IronSessionOptions<Id = string> extends MarkerOptions<Id> {
  /** The `password` of iron-session: a string, or passwords by their numbers. */
  readonly password: string | Readonly<Record<string, string>>
  /** The `cookieName` of iron-session, which has no default there. */
  readonly cookie: string
  /** False where iron-session was given `cookieOptions: { maxAge: undefined }`. Default: true. */
  readonly persistent?: boolean
}

/** A seal taken apart. What its MAC covers is `text`. */
interface Seal {
  readonly text: string
  readonly passwordId: string
  readonly salt: string
  readonly iv: string
  readonly content: string
  readonly expiresAt: number | null
  readonly macSalt: string
  readonly mac: string
}

/** The version behind the seal is not covered by its MAC; iron-session writes 2. */
const SEAL =
  /^(Fe26\.2\*(\w*)\*([\da-f]{64})\*([\w-]{22})\*([\w-]+)\*([1-9]\d{0,14}|))\*([\da-f]{64})\*([\w-]{43})~2$/

const sealOf = (value: string): Seal | null => {
  const parts = SEAL.exec(value)
  if (!parts) return null
  const [, text = '', passwordId = '', salt = '', iv = '', content = '', end = '', macSalt = '', mac = ''] =
    parts
  return { text, passwordId, salt, iv, content, expiresAt: end === '' ? null : Number(end), macSalt, mac }
}

/** Iron derives by a single round: its passwords are long, and random. */
const keyOf = (password: string, salt: string): Buffer => pbkdf2Sync(password, salt, 1, 32, 'sha1')

const contentOf = ({ salt, iv, content }: Seal, password: string): SessionData | null => {
  try {
    const cipher = createDecipheriv('aes-256-cbc', keyOf(password, salt), Buffer.from(iv, 'base64url'))
    return parseData(Buffer.concat([cipher.update(content, 'base64url'), cipher.final()]))
  } catch {
    return null
  }
}

/** Iron lets clocks differ by so much, in milliseconds. */
const SKEW = 60_000

const MAC = { hash: 'sha256', encoding: 'base64url' } as const

type Passwords = ReadonlyMap<string, string>

const find = (
  request: ReaderRequest,
  now: number,
  { cookie, passwords }: { readonly cookie: string; readonly passwords: Passwords },
) => {
  const value = cookieOf(request, cookie)
  const seal = value === null ? null : sealOf(value)
  const password = seal && passwords.get(seal.passwordId)
  if (!seal || !password) return null
  if (!equalText(seal.mac, macOf(keyOf(password, seal.macSalt), seal.text, MAC))) return null
  const { expiresAt } = seal
  const data = expiresAt !== null && expiresAt <= now - SKEW ? null : contentOf(seal, password)
  return data && { data, expiresAt }
}

const problemsOf = ({ password, cookie }: IronSessionOptions<unknown>): string[] => {
  const all = typeof password === 'string' ? [password] : Object.values(Object(password))
  const sound = all.length > 0 && all.every((each) => typeof each === 'string' && each.length >= 32)
  return [
    ...(sound ? [] : ['password must be that of iron-session, 32 characters or longer']),
    ...(cookie === undefined ? ['cookie must be the cookieName of iron-session'] : []),
  ]
}

/**
 * Reads the sessions of iron-session 8 and 9. Without a `marker` none is taken over: the cookie's text changes each time it
 * is written.
 *
 * @throws AuthError `invalid_options`
 */
export const ironSession = <Id = string>(options: IronSessionOptions<Id>): TakeoverReader => {
  checkOptions('ironSession', options, [...problemsOf(options), ...missingUser(options)])
  const { cookie, password, persistent = true } = options
  // A plain password has the number 1.
  const passwords = new Map(Object.entries(typeof password === 'string' ? { 1: password } : password))
  return createReader(
    {
      name: 'iron-session',
      cookie,
      find: (request, now) => {
        const found = find(request, now, { cookie, passwords })
        return found && { ...found, key: null, persistent }
      },
    },
    options,
  )
}
