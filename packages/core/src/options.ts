/** The options of `createAuth`: what they mean, what they default to, and every way in which they can be wrong. */

import type { Audit } from './audit/audit.js'
import type { EventSink } from './audit/emit.js'
import { defaultSink } from './audit/sinks.js'
import {
  type Check,
  invalidOptions,
  isAnything,
  isFunction,
  must,
  oneOf,
  readOptions,
  type Snapshot,
  seconds,
} from './checks.js'
import { type AccessKeyOption, type KeySpec, readKeys } from './keys/key-options.js'
import { secretProblems } from './keys/secret.js'
import { DAY, DEFAULT_OVERLAP, MAX_LEEWAY, MAX_OVERLAP, maxAccessTtl } from './limits.js'
import type { TokenStore } from './store/token-store.js'
import type { ClaimsFunction } from './token/claims-source.js'

/** Where the program runs. Anything but an exact `development` or `test` is production. */
export type Environment = 'production' | 'development' | 'test'

/** Options of `createAuth`. Durations are seconds. `C` is the type of the claims, inferred from `claims`. */
export interface AuthOptions<C extends object = object> {
  /**
   * Signs access tokens (HS256, the string's UTF-8 bytes) and derives every other key. At least 32 bytes, no placeholder,
   * no surrounding white space. A list rotates it: the first signs, all verify. May be missing in development only.
   */
  readonly secret?: string | readonly string[] | undefined
  /**
   * What access tokens are signed with, so that other services can verify without being able to sign: Ed25519, P-256 or RSA
   * keys as JWK or PEM, external signers. The first signs, all verify, public keys verify only; `'secret'`
   * stands for HS256 under `secret`. Default: `['secret']`.
   */
  readonly keys?: readonly AccessKeyOption[] | undefined
  /** Where sessions and revocations live. */
  readonly store: TokenStore
  /**
   * Extra claims of a subject, read at login and again at every refresh; null means that the subject may no longer
   * sign in, and ends the session. When it throws or takes longer than 5 seconds, the answer is 503 and nothing changes.
   * Default: no claims.
   */
  readonly claims?: ClaimsFunction<C> | undefined
  /** The `iss` claim. Default: `app`. In development it is prefixed with `development:`. */
  readonly issuer?: string | undefined
  /** The `aud` claim. Default: the issuer as given. */
  readonly audience?: string | undefined
  /** Life of an access token, 1 to 3600. Default: 600, or half of a shorter `idle`; in development 28800, and up to a day. */
  readonly accessTtl?: number | undefined
  /**
   * The pause after which a person has to sign in again: who comes back sooner is still signed in. The session's row is
   * given one `accessTtl` and one `overlap` more, because the last access token still serves before the next refresh.
   * Must be longer than `accessTtl`. Default: 14 days, or `absolute` where that is shorter.
   */
  readonly idle?: number | undefined
  /** A session ends after so long whatever happens. Default: 90 days. */
  readonly absolute?: number | undefined
  /** Accepted clock difference on `exp`, `nbf` and `iat`, both ways, 0 to 300. Default: 60. */
  readonly leeway?: number | undefined
  /**
   * W: for so long after a rotation the current and the previous refresh token get an access token, and no refresh token.
   * Twice the longest exchange that is to be tolerated; 1 to 60, and shorter than `accessTtl`. Default: 30, or half of a
   * shorter `accessTtl`; 0 with `rotation: 'strict'`.
   */
  readonly overlap?: number | undefined
  /**
   * `overlap` tolerates second tabs and lost responses; `strict` is literal single use (OWASP ASVS 10.4.5) and signs
   * people out on each of them. Default: `overlap`.
   */
  readonly rotation?: 'overlap' | 'strict' | undefined
  /** How many sessions a subject may have at once, 1 to 10000. Default: 100. */
  readonly maxSessions?: number | undefined
  /**
   * What one session more does: `evict` ends an idle one, else the one that was refreshed least recently; `deny` refuses
   * the login with `too_many_sessions`. Default: `evict`.
   */
  readonly whenFull?: 'evict' | 'deny' | undefined
  /**
   * How old this process's copy of the revocations may be before the store is asked for each request, 1 to 60 seconds.
   * A revocation of another process takes effect here within half a second as a rule, and never later than this.
   * Default: 5.
   */
  readonly maxStaleness?: number | undefined
  /**
   * What happens to a request when neither the copy nor the store can tell whether its token was revoked: `deny` answers
   * 503, `allow` lets it through with an event. Refreshing is never allowed. Default: `deny`.
   */
  readonly onUnavailable?: 'deny' | 'allow' | undefined
  /** Receives the audit log. Default: what is wrong goes to the console. */
  readonly onEvent?: EventSink | undefined
  /** Keeps every event, with proof: `auditLog` of `@auth/core/audit`. Default: none. */
  readonly audit?: Audit | undefined
  /** Default: `NODE_ENV`, read at run time; production where it says neither `development` nor `test`. */
  readonly environment?: Environment | undefined
  /** The clock, in milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The options with every default in place. Durations are seconds. */
export interface Settings {
  readonly secrets: readonly string[]
  readonly keys: readonly KeySpec[]
  readonly store: TokenStore
  readonly claims: ClaimsFunction | undefined
  readonly issuer: string
  readonly audience: string
  readonly accessTtl: number
  readonly idle: number
  readonly absolute: number
  readonly leeway: number
  readonly overlap: number
  readonly strict: boolean
  readonly maxSessions: number
  readonly whenFull: 'evict' | 'deny'
  readonly maxStaleness: number
  readonly allowUnchecked: boolean
  readonly onEvent: EventSink
  readonly audit: Audit | undefined
  readonly development: boolean
  readonly now: () => number
}

const name = must('a string of 1 to 255 characters without white space at its ends', (value) => {
  return typeof value === 'string' && value.length > 0 && value.length <= 255 && value === value.trim()
})
const isAudit = must('what auditLog gives', (value) => typeof Object(value).open === 'function')
const STORE_METHODS = ['insert', 'find', 'replace', 'list', 'epoch', 'revoke', 'isRevoked', 'close']
const isStore = must('a TokenStore, for instance memoryStore()', (value) => {
  const store = (value ?? {}) as Record<string, unknown>
  return STORE_METHODS.every((method) => typeof store[method] === 'function')
})
const LONGEST_IDLE = 400 * DAY
const LONGEST_ABSOLUTE = 3660 * DAY

/** The checks of lifetimes, which a login may shorten. */
export const LIFETIME_CHECKS = {
  idle: seconds(1, LONGEST_IDLE),
  absolute: seconds(1, LONGEST_ABSOLUTE),
} as const

/** The checks of all options of the core. */
export const AUTH_CHECKS: Readonly<Record<keyof AuthOptions, Check>> = {
  secret: isAnything,
  keys: isAnything,
  store: isStore,
  claims: isFunction,
  issuer: name,
  audience: name,
  accessTtl: seconds(1, DAY),
  ...LIFETIME_CHECKS,
  leeway: seconds(0, MAX_LEEWAY),
  overlap: seconds(0, MAX_OVERLAP),
  rotation: oneOf('overlap', 'strict'),
  maxSessions: must('a whole number from 1 to 10000', (value) => {
    return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= 10_000
  }),
  whenFull: oneOf('evict', 'deny'),
  maxStaleness: seconds(1, 60),
  onUnavailable: oneOf('deny', 'allow'),
  onEvent: isFunction,
  audit: isAudit,
  environment: oneOf('production', 'development', 'test'),
  now: isFunction,
}

/** Reads `NODE_ENV` in a spelling that no bundler replaces at build time. */
const nodeEnv = (): string | undefined =>
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV

/** Whether these options run in development: an exact word decides, and a production process never does. */
export const isDevelopment = ({
  environment = nodeEnv() as Environment,
}: Pick<AuthOptions, 'environment'>): boolean => environment === 'development' || environment === 'test'

type Lifetimes = Pick<AuthOptions, 'accessTtl' | 'idle' | 'absolute' | 'overlap' | 'rotation'>

const lifetimes = (options: Lifetimes, development: boolean) => {
  const idle = options.idle ?? Math.min(14 * DAY, options.absolute ?? Number.POSITIVE_INFINITY)
  const absolute = options.absolute ?? Math.max(90 * DAY, idle)
  const half = (whole: number) => Math.max(1, Math.floor(whole / 2))
  const accessTtl = options.accessTtl ?? Math.min(development ? 28_800 : 600, half(idle))
  const overlap =
    options.overlap ?? (options.rotation === 'strict' ? 0 : Math.min(DEFAULT_OVERLAP, half(accessTtl)))
  return { accessTtl, idle, absolute, overlap, strict: options.rotation === 'strict' }
}

const lifetimeProblems = (options: Lifetimes, development: boolean): string[] => {
  const given = [options.accessTtl, options.idle, options.absolute, options.overlap]
  if (given.some((value) => value !== undefined && typeof value !== 'number')) return []
  const { accessTtl, idle, absolute, overlap, strict } = lifetimes(options, development)
  const longest = maxAccessTtl(development)
  return [
    ...(accessTtl > longest && accessTtl <= DAY
      ? [`accessTtl (${accessTtl}) must be at most ${longest} in production`]
      : []),
    ...(idle > absolute ? [`idle (${idle}) must not be longer than absolute (${absolute})`] : []),
    ...(accessTtl >= idle ? [`accessTtl (${accessTtl}) must be shorter than idle (${idle})`] : []),
    ...(strict && overlap > 0
      ? [`overlap (${overlap}) does nothing with rotation "strict"; leave one of them out`]
      : []),
    ...(!strict && overlap === 0
      ? [
          'overlap 0 signs people out at every second tab; if that is what you want, say rotation: "strict" instead',
        ]
      : []),
    ...(overlap >= accessTtl && !(overlap === 1 && accessTtl === 1)
      ? [`overlap (${overlap}) must be shorter than accessTtl (${accessTtl})`]
      : []),
  ]
}

const keyProblems = ({ keys, secret }: Snapshot<AuthOptions>): string[] => {
  const { specs, problems } = readKeys(keys)
  const secrets = [secret].flat()
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  if (specs.some((spec) => spec.kind === 'shared' && secrets.includes(text(spec.secret))))
    problems.push('keys shares the secret itself with a verifier; draw it a key of its own')
  return problems
}

/** What is wrong with options that are sound one by one. */
const problemsTogether = (options: Snapshot<AuthOptions>, development: boolean): string[] => [
  ...(options.store === undefined
    ? ['store is missing; give it a TokenStore, for instance memoryStore()']
    : []),
  ...(development && nodeEnv() === 'production'
    ? [
        `environment is "${options.environment}" but NODE_ENV says production; production wins, so remove the option`,
      ]
    : []),
  ...(options.onUnavailable === 'allow' && options.store && !options.store.marks
    ? ['onUnavailable "allow" with a store without a feed would accept revoked tokens throughout an outage']
    : []),
  ...secretProblems(options.secret, development),
  ...keyProblems(options),
  ...lifetimeProblems(options, development),
]

/** Everything that is wrong with a snapshot that was read by {@link AUTH_CHECKS}. */
export const authProblems = (options: Snapshot<AuthOptions>): string[] =>
  problemsTogether(options, isDevelopment(options))

/** Fills in the defaults of a snapshot in which nothing is wrong. */
export const settingsOf = (options: Snapshot<AuthOptions>): Settings => {
  const development = isDevelopment(options)
  const issuer = options.issuer ?? 'app'
  return {
    ...lifetimes(options, development),
    secrets: options.secret === undefined ? [] : [options.secret].flat(),
    keys: readKeys(options.keys).specs,
    store: options.store,
    claims: options.claims,
    issuer: development ? `development:${issuer}` : issuer,
    audience: options.audience ?? issuer,
    leeway: options.leeway ?? 60,
    maxSessions: options.maxSessions ?? 100,
    whenFull: options.whenFull ?? 'evict',
    maxStaleness: options.maxStaleness ?? 5,
    allowUnchecked: options.onUnavailable === 'allow',
    onEvent: options.onEvent ?? defaultSink(development),
    audit: options.audit,
    development,
    now: options.now ?? Date.now,
  }
}

/** Reads, checks and completes options. @throws AuthError `invalid_options`, naming every problem */
export const settingsFrom = (given: unknown): Settings => {
  const { options, problems } = readOptions<AuthOptions>(given, AUTH_CHECKS)
  const all = [
    ...problems,
    ...(problems.length > 0 && !('store' in options) && typeof given !== 'object'
      ? []
      : authProblems(options)),
  ]
  if (all.length > 0) throw invalidOptions('createAuth', all)
  return settingsOf(options)
}
