/** What makes a JWK or a PEM unfit to sign or verify access tokens. Its members never appear in a message. */

import { platform } from '#platform'
import { after, type MaybePromise } from '../maybe-promise.js'
import type { Jwk, SignatureAlgorithm, SignatureKey } from '../platform/platform.js'
import { JWK_FORMS } from './algorithms.js'
import { isEd25519Point } from './ed25519.js'

/** A JWK whose members have been checked, and nothing else in it. */
export interface KeyMaterial {
  readonly alg: SignatureAlgorithm
  /** As it was given; by default the thumbprint. */
  readonly kid: string | undefined
  readonly jwk: Jwk
}

const SEGMENT = /^[A-Za-z0-9_-]+$/
const MAX_KID = 128
const MIN_MODULUS = 2048
const MAX_MODULUS = 8192

/** Whether a value can name a key. */
export const isKid = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_KID

/** What a member in base64url holds; no bytes where it is none. */
export const bytesOf = (value: unknown): Uint8Array =>
  typeof value === 'string' && SEGMENT.test(value) ? platform.decode(value) : new Uint8Array(0)

/** Bits of a big-endian number, without leading zeros. */
const bitsOf = (bytes: Uint8Array): number => {
  const first = bytes.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] as number) + 24
}

const rsaProblem = ({ n, e }: Jwk): string | undefined => {
  const bits = bitsOf(bytesOf(n))
  const exponent = bytesOf(e)
  if (bits < MIN_MODULUS || bits > MAX_MODULUS)
    return `is an RSA key of ${bits} bits; it must have ${MIN_MODULUS} to ${MAX_MODULUS}`
  const isOdd = ((exponent.at(-1) ?? 0) & 1) === 1
  const fits = isOdd && bitsOf(exponent) > 1 && exponent.length <= 8
  return fits ? undefined : 'has an RSA exponent that is even, 1, or too large'
}

/** Coordinates and private numbers have the length of the field (RFC 7518 section 6.2.1.2, RFC 8037 section 2). */
const curveProblem = (jwk: Jwk, members: readonly string[]): string | undefined => {
  const wrong = members.find((name) => bytesOf(jwk[name]).length !== 32)
  if (wrong) return `has a member ${wrong} that is not 32 bytes in base64url`
  return jwk.kty === 'OKP' && !isEd25519Point(bytesOf(jwk.x)) ? 'is not a point of its curve' : undefined
}

const algorithmOf = ({ kty, crv }: Jwk): SignatureAlgorithm | undefined =>
  (Object.keys(JWK_FORMS) as SignatureAlgorithm[]).find(
    (alg) => JWK_FORMS[alg].kty === kty && JWK_FORMS[alg].crv === crv,
  )

/** What a JWK says of its own use, against the use that it is put to. */
const useProblem = (alg: SignatureAlgorithm, given: Jwk): string | undefined => {
  const { alg: own, use, key_ops: operations, kid } = given
  // RFC 9864 names the curve; tokens keep the older name.
  if (own !== undefined && own !== alg && !(own === 'Ed25519' && alg === 'EdDSA'))
    return `says alg ${JSON.stringify(own).slice(0, 20)}; a key of its type is used with ${alg}`
  if (use !== undefined && use !== 'sig') return 'is not for signatures: its use is not "sig"'
  const wanted = given.d === undefined ? 'verify' : 'sign'
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes(wanted)))
    return `is not for signatures: its key_ops do not list "${wanted}"`
  return kid === undefined || isKid(kid)
    ? undefined
    : `has a kid that is no string of 1 to ${MAX_KID} characters`
}

/** Reads a JWK; a string is what is wrong with it. */
export const readJwk = (given: Jwk): KeyMaterial | string => {
  const alg = algorithmOf(given)
  if (!alg) return 'must be an Ed25519, P-256 or RSA key'
  const { shared, secret } = JWK_FORMS[alg]
  const used = useProblem(alg, given)
  if (used) return used
  const held = secret.filter((name) => given[name] !== undefined)
  if (held.length > 0 && held.length < secret.length)
    return 'has some private members and lacks others; give all of them, or none'
  const names = [...shared, ...held]
  const lost = names.find((name) => typeof given[name] !== 'string')
  if (lost) return `lacks the member ${lost}`
  const problem =
    alg === 'RS256'
      ? rsaProblem(given)
      : curveProblem(
          given,
          names.filter((name) => name.length === 1),
        )
  if (problem) return problem
  const jwk = Object.fromEntries(names.map((name) => [name, given[name]])) as Jwk
  return { alg, kid: given.kid as string | undefined, jwk }
}

/** Why a string is not the PEM of a key; undefined where it may be one. */
export const pemProblem = (text: string): string | undefined => {
  if (text === '') return 'is empty'
  const begin = text.indexOf('-----BEGIN ')
  if (begin < 0) return 'is neither "secret" nor a key in PEM'
  if (begin > 0) return 'has white space or other characters before -----BEGIN'
  if (/^-----BEGIN (PRIVATE|PUBLIC) KEY-----\r?\n/.test(text)) return undefined
  return 'must begin with -----BEGIN PRIVATE KEY----- (PKCS #8, not encrypted: openssl pkcs8 -topk8 -nocrypt) or -----BEGIN PUBLIC KEY-----'
}

const TRIAL = 'auth/1 trial'
const UNREADABLE = 'cannot be read: it is no key of its type'

/** What work gives, or a string where it fails: the words of a platform may repeat what it was given. */
const orUnreadable = <T>(work: () => MaybePromise<T>): MaybePromise<T | string> => {
  try {
    const result = work()
    return result instanceof Promise ? result.catch(() => UNREADABLE) : result
  } catch {
    return UNREADABLE
  }
}

/** Reads a PEM; a string is what is wrong with it. */
export const readPem = (pem: string): MaybePromise<KeyMaterial | string> =>
  orUnreadable(() => after(platform.jwkOf(pem), readJwk))

/** Imports a key, and tries whether its halves belong together; a string is what is wrong with it. */
export const importKey = ({ alg, jwk }: KeyMaterial): MaybePromise<SignatureKey | string> =>
  orUnreadable(() =>
    after(platform.signatureKey(alg, jwk), (key) => {
      if (!key.sign) return key
      return after(key.sign(TRIAL), (signature) =>
        after(key.verify(TRIAL, signature), (fits) =>
          fits ? key : 'has a private and a public part that do not belong together',
        ),
      )
    }),
  )
