/** The `keys` option: what may stand in it, and everything that can be wrong with it. */

import { platform } from '#platform'
import type { Jwk, SignatureKey } from '../platform/platform.js'
import type { ExternalSign } from './external-signer.js'
import { bytesOf, importKey, isKid, type KeyMaterial, pemProblem, readJwk, readPem } from './jwk.js'

/** A key whose private half another service holds. */
export interface ExternalKey {
  /** The public key; Ed25519, P-256 or RSA. */
  readonly jwk: Jwk
  /** Signs with the private one. Has 5 seconds; what it throws is a 503. */
  readonly sign: ExternalSign
}

/**
 * One entry of the `keys` option: `'secret'` for HS256 under the secret, a private or public key of Ed25519, P-256 or RSA as
 * JWK or PEM, `{ kty: 'oct', k, kid }` for an HS256 key that a verifier shares, or a key with an
 * external signer.
 */
export type AccessKeyOption = string | Jwk | ExternalKey

/** One entry, read; `key` where it could be imported at once. */
export type KeySpec =
  | { readonly kind: 'secret' }
  | { readonly kind: 'shared'; readonly kid: string; readonly secret: Uint8Array }
  | { readonly kind: 'pem'; readonly text: string }
  | {
      readonly kind: 'pair'
      readonly material: KeyMaterial
      readonly key?: SignatureKey
      readonly sign?: ExternalSign
    }

const MIN_SHARED = 32
const MIN_DISTINCT = 8

const readShared = ({ k, kid, alg, use }: Jwk): KeySpec | string => {
  if (!isKid(kid)) return 'needs a kid, so that its verifier finds it'
  if (alg !== undefined && alg !== 'HS256') return 'is an HS256 key; its alg says something else'
  if (use !== undefined && use !== 'sig') return 'is not for signatures: its use is not "sig"'
  const secret = bytesOf(k)
  if (secret.length < MIN_SHARED || new Set(secret).size < MIN_DISTINCT)
    return `needs a member k of ${MIN_SHARED} random bytes or more, in base64url`
  return { kind: 'shared', kid, secret }
}

/** Tries a key, where that can be done at once. */
const tried = (material: KeyMaterial): KeySpec | string => {
  const key = platform.isSynchronous ? importKey(material) : undefined
  if (typeof key === 'string') return key
  return key === undefined || key instanceof Promise
    ? { kind: 'pair', material }
    : { kind: 'pair', material, key }
}

const readPair = (given: Jwk): KeySpec | string => {
  const material = readJwk(given)
  return typeof material === 'string' ? material : tried(material)
}

const readText = (text: string): KeySpec | string => {
  const problem = pemProblem(text)
  if (problem) return problem
  const material = platform.isSynchronous ? readPem(text) : undefined
  // Elsewhere it is read with the other keys, at the first use.
  if (material === undefined || material instanceof Promise) return { kind: 'pem', text }
  return typeof material === 'string' ? material : tried(material)
}

const readExternal = ({ jwk, sign }: { readonly [K in keyof ExternalKey]: unknown }): KeySpec | string => {
  if (typeof jwk !== 'object' || jwk === null || typeof sign !== 'function')
    return 'needs both jwk, a public key, and sign, a function'
  const read = readPair({ ...(jwk as Jwk) })
  if (typeof read === 'string' || read.kind !== 'pair') return read
  if (read.material.jwk.d !== undefined)
    return 'holds a private key where its external signer wants the public one'
  return { ...read, sign: sign as ExternalSign }
}

const readKey = (given: unknown): KeySpec | string => {
  if (given === 'secret') return { kind: 'secret' }
  if (typeof given === 'string') return readText(given)
  if (typeof given !== 'object' || given === null) return 'must be "secret", a JWK, a PEM, or { jwk, sign }'
  // Own members only: what a prototype holds is no part of a key.
  const own: { readonly [name: string]: unknown } = { ...given }
  if ('jwk' in own || 'sign' in own) return readExternal(own as { jwk: unknown; sign: unknown })
  return own.kty === 'oct' ? readShared(own as Jwk) : readPair(own as Jwk)
}

/** Where one key of a list must not be another's: its name and, for a key without one, its public half. */
const identitiesOf = (spec: KeySpec): string[] => {
  if (spec.kind === 'shared') return [spec.kid]
  if (spec.kind === 'pair') {
    const { kid, jwk } = spec.material
    return [`${jwk.x ?? jwk.n}`, ...(kid === undefined ? [] : [kid])]
  }
  return spec.kind === 'pem' ? [spec.text] : [spec.kind]
}

const canSign = (spec: KeySpec): boolean =>
  spec.kind !== 'pair' || spec.sign !== undefined || spec.material.jwk.d !== undefined

/** Reads the option; everything that is wrong with it is one sentence each. Default: `['secret']`. */
export const readKeys = (
  given: unknown,
): { readonly specs: readonly KeySpec[]; readonly problems: string[] } => {
  if (given === undefined) return { specs: [{ kind: 'secret' }], problems: [] }
  if (!Array.isArray(given) || given.length === 0)
    return { specs: [], problems: ['keys must be a list of one key or more; the first one signs'] }
  // Spread: `map` would pass over the holes of a sparse list.
  const read = [...given].map(readKey)
  const problems = read.flatMap((spec, at) => (typeof spec === 'string' ? [`keys[${at}] ${spec}`] : []))
  const specs = read.filter((spec) => typeof spec !== 'string')
  const names = specs.flatMap(identitiesOf)
  if (new Set(names).size < names.length) problems.push('keys lists a key, or a kid, twice')
  const [first] = read
  if (typeof first === 'object' && !canSign(first))
    problems.push('keys[0] signs, and so cannot be a public key')
  return { specs, problems }
}
