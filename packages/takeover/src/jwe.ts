/** Encrypted tokens as next-auth 4 and Auth.js 5 make them: JWE compact, `dir`, in one cookie or in numbered pieces. */

import { type CompactJWEHeaderParameters, EncryptJWT, jwtDecrypt } from 'jose'
import { cookieNames, cookieOf, MAX_COOKIE } from './cookies.js'
import { dataOf, memberOf, parseData, type SessionData } from './session-data.js'
import type { ReaderRequest } from './takeover-reader.js'

/** What one format encrypts with. */
export interface JweForm {
  readonly enc: 'A256GCM' | 'A256CBC-HS512'
  /** One entry per secret of the application; the first encrypts. */
  readonly keys: readonly JweKey[]
}

/** A key, and the name by which tokens refer to it; null where they do not. */
export interface JweKey {
  readonly key: Uint8Array
  readonly kid: string | null
}

/** Longest token, over all its pieces, in characters. */
const MAX_TOKEN = 4 * MAX_COOKIE

/** Both libraries allow their servers' clocks to differ by so much, in seconds. */
const TOLERANCE = 15

/** Recognises a cookie and the pieces that it is cut into. */
export const isPieceOf =
  (cookie: string) =>
  (name: string): boolean =>
    name === cookie || (name.startsWith(`${cookie}.`) && /^\d$/.test(name.slice(cookie.length + 1)))

/** The token of a request, pieces put together; null where one is missing, duplicated or stands beside a whole one. */
export const tokenOf = (request: ReaderRequest, cookie: string): string | null => {
  const names = cookieNames(request).filter(isPieceOf(cookie))
  const whole = names.length === 1 && names[0] === cookie
  const expected = names.map((_, index) => `${cookie}.${index}`)
  if (!whole && !expected.every((name) => names.includes(name))) return null
  const pieces = (whole ? [cookie] : expected).map((name) => cookieOf(request, name))
  const token = pieces.includes(null) ? '' : pieces.join('')
  return token.length > 0 && token.length <= MAX_TOKEN ? token : null
}

/** Base64 has several texts for the same bytes; only the one that the library writes passes. */
const isCanonical = (segment: string): boolean =>
  Buffer.from(segment, 'base64url').toString('base64url') === segment

/** The header that the library writes, and no other member: a token from elsewhere is not even decrypted. */
const headerOf = (token: string, { enc }: JweForm): SessionData | null => {
  const segments = token.split('.')
  if (segments.length !== 5 || segments[1] !== '' || !segments.every(isCanonical)) return null
  const header = parseData(Buffer.from(segments[0] ?? '', 'base64url'))
  const known = header && Object.keys(header).every((name) => ['alg', 'enc', 'kid'].includes(name))
  return known && memberOf(header, 'alg') === 'dir' && memberOf(header, 'enc') === enc ? header : null
}

const decrypted = async (token: string, { key }: JweKey, [form, now]: readonly [JweForm, number]) => {
  try {
    const { payload } = await jwtDecrypt(token, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: [form.enc],
      clockTolerance: TOLERANCE,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'iat'],
    })
    return dataOf(payload)
  } catch {
    return null
  }
}

/** The claims of a token that one of the keys decrypts and that has not expired; null for anything else. */
export const openToken = async (token: string, form: JweForm, now: number): Promise<SessionData | null> => {
  const header = headerOf(token, form)
  if (!header) return null
  const kid = memberOf(header, 'kid') ?? null
  for (const candidate of form.keys) {
    if (candidate.kid !== kid) continue
    const claims = await decrypted(token, candidate, [form, now])
    if (claims) return claims
  }
  return null
}

/** The same claims in a new token that lives as long again. */
export const renewToken = (claims: SessionData, { keys: [first], enc }: JweForm, now: number) => {
  const iat = Math.floor(now / 1000)
  const life = Number(memberOf(claims, 'exp')) - Number(memberOf(claims, 'iat'))
  const header: CompactJWEHeaderParameters = { alg: 'dir', enc, ...(first?.kid ? { kid: first.kid } : {}) }
  const token = new EncryptJWT({ ...claims, iat, exp: iat + life, jti: crypto.randomUUID() })
    .setProtectedHeader(header)
    .encrypt(first?.key ?? new Uint8Array())
  return { life, token }
}
