/** The options of `createAuth`: what they mean, what they default to, and every way in which they can be wrong. */

import { AuthError } from './errors.js'
import { defaultSink, type EventSink } from './events.js'
import { secretProblems } from './secret.js'
import type { SessionRecord } from './session/record.js'
import type { TokenStore } from './store/token-store.js'

/** Where the program runs. Anything but an exact `development` or `test` is production. */
export type Environment = 'production' | 'development' | 'test'

/** What the `claims` function is told besides the subject. */
export type ClaimsContext = Pick<SessionRecord, 'id' | 'transport' | 'device' | 'data'>

/** Options of `createAuth`. Durations are seconds. `C` is the type of the claims, inferred from `claims`. */
export interface AuthOptions<C extends object = object> {
  /**
   * Signs access tokens (HS256, the text's UTF-8 bytes) and derives every other key. At least 32 bytes, no placeholder,
   * no surrounding white space. A list rotates it: the first signs, all verify. May be missing in development only.
   */
  readonly secret?: string | readonly string[] | undefined
  /** Where sessions and revocations live. */
  readonly store: TokenStore
  /**
   * Extra claims of a subject, read at login and again at every refresh; null means that the subject may no longer
   * sign in, and ends the session. When it throws, the answer is 503 and nothing changes. Default: no claims.
   */
  readonly claims?: ((subject: string, session: ClaimsContext) => C | null | Promise<C | null>) | undefined
  /** The `iss` claim. Default: `app`. In development it is prefixed with `development:`. */
  readonly issuer?: string | undefined
  /** The `aud` claim. Default: the issuer as given. */
  readonly audience?: string | undefined
  /** Life of an access token, 1 to 3600. Default: 600; in development 28800, and up to a day. */
  readonly accessTtl?: number | undefined
  /** A session that is not refreshed for so long ends. Default: 14 days. */
  readonly idle?: number | undefined
  /** A session ends after so long whatever happens. Default: 90 days. */
  readonly absolute?: number | undefined
  /** Accepted clock difference on `exp`, `nbf` and `iat`, both ways, 0 to 300. Default: 60. */
  readonly leeway?: number | undefined
  /** How long the current and the previous refresh token may be presented again, 0 to 60. Default: 10; in development 60. */
  readonly overlap?: number | undefined
  /**
   * `overlap` tolerates second tabs and lost responses; `strict` is literal single use (OWASP ASVS 10.4.5) and signs
   * people out on each of them. Default: `overlap`.
   */
  readonly rotation?: 'overlap' | 'strict' | undefined
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
  /** Default: `NODE_ENV`, read at run time; production where it says neither `development` nor `test`. */
  readonly environment?: Environment | undefined
  /** The clock, in milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The options with every default in place. */
export interface Settings<C extends object> {
  readonly secrets: readonly string[]
  readonly store: TokenStore
  readonly claims: (subject: string, session: ClaimsContext) => C | null | Promise<C | null>
  readonly issuer: string
  readonly audience: string
  readonly accessTtl: number
  readonly idle: number
  readonly absolute: number
  readonly leeway: number
  readonly overlap: number
  readonly strict: boolean
  readonly maxStaleness: number
  readonly allowUnchecked: boolean
  readonly onEvent: EventSink
  readonly development: boolean
  readonly now: () => number
}

const DAY = 86_400
/** The longest leeway that can be configured, in seconds. */
export const MAX_LEEWAY = 300
/** The longest life an access token may have, in seconds; verification refuses more, whatever was configured. */
export const maxAccessTtl = (development: boolean): number => (development ? DAY : 3600)

/** Says what is wrong with one option, as the end of a sentence that begins with its name. */
export type Check = (value: unknown) => string | undefined

/** A check that says `message` where `holds` does not. */
export const must =
  (message: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : `must be ${message}`

/** A check for one of the listed words. */
export const oneOf = (...words: readonly string[]): Check =>
  must(words.map((word) => `"${word}"`).join(' or '), (value) => words.includes(value as string))

const seconds = (min: number, max: number): Check =>
  must(`a whole number of seconds from ${min} to ${max}`, (value) => {
    return Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
  })
const func = must('a function', (value) => typeof value === 'function')
const name = must('a text of 1 to 255 characters without white space at its ends', (value) => {
  return typeof value === 'string' && value.length > 0 && value.length <= 255 && value === value.trim()
})
const STORE_METHODS = ['insert', 'find', 'replace', 'list', 'epoch', 'revoke', 'isRevoked', 'close']
const isStore = must('a TokenStore, for instance memoryStore()', (value) => {
  const store = (value ?? {}) as Record<string, unknown>
  return STORE_METHODS.every((method) => typeof store[method] === 'function')
})

/** Finds every problem of an options object by a table of checks; undefined values count as absent. */
export const problemsOf = (options: object, checks: Record<string, Check>, prefix = ''): string[] => {
  const unknown = Object.keys(options).filter((key) => !Object.hasOwn(checks, key))
  return [
    ...unknown.map((key) => `${prefix}${key} is not an option; there are ${Object.keys(checks).join(', ')}`),
    // By the names of the checks: an inherited option (a configuration class, say) is used, so it is checked too.
    ...Object.entries(checks).flatMap(([key, check]) => {
      const value = (options as Record<string, unknown>)[key]
      const problem = value === undefined ? undefined : check(value)
      return problem ? [`${prefix}${key} ${problem}`] : []
    }),
  ]
}

const checksFor = (development: boolean): Record<keyof AuthOptions, Check> => ({
  secret: () => undefined,
  store: isStore,
  claims: func,
  issuer: name,
  audience: name,
  accessTtl: seconds(1, maxAccessTtl(development)),
  idle: seconds(1, 400 * DAY),
  absolute: seconds(1, 3660 * DAY),
  leeway: seconds(0, MAX_LEEWAY),
  overlap: seconds(0, 60),
  rotation: oneOf('overlap', 'strict'),
  maxStaleness: seconds(1, 60),
  onUnavailable: oneOf('deny', 'allow'),
  onEvent: func,
  environment: oneOf('production', 'development', 'test'),
  now: func,
})

/** Reads `NODE_ENV` in a spelling that no bundler replaces at build time. */
const nodeEnv = (): string | undefined =>
  (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV

/** Whether these options run in development: an exact word decides, and a production process never does. */
export const isDevelopment = (options: Pick<AuthOptions, 'environment'>): boolean => {
  const environment = options.environment ?? nodeEnv()
  return environment === 'development' || environment === 'test'
}

/** Everything that is wrong with the options, one sentence each; `others` are names that a caller adds to ours. */
export const optionProblems = (options: AuthOptions<never>, others: readonly string[] = []): string[] => {
  if (typeof options !== 'object' || options === null) return ['createAuth needs an object of options']
  const development = isDevelopment(options)
  return [
    ...problemsOf(options, {
      ...checksFor(development),
      ...Object.fromEntries(others.map((name) => [name, must('', () => true)])),
    }),
    ...(options.store === undefined
      ? ['store is missing; give it a TokenStore, for instance memoryStore()']
      : []),
    ...(development && nodeEnv() === 'production'
      ? [
          `environment is "${options.environment}" but NODE_ENV says production; production wins, so remove the option`,
        ]
      : []),
    ...secretProblems(options.secret, development),
    ...lifetimeProblems(options, development),
  ]
}

type Lifetimes = Pick<AuthOptions, 'accessTtl' | 'idle' | 'absolute'>

const lifetimes = (options: Lifetimes, development: boolean) => {
  const idle = options.idle ?? Math.min(14 * DAY, options.absolute ?? Number.POSITIVE_INFINITY)
  const absolute = options.absolute ?? Math.max(90 * DAY, idle)
  return { accessTtl: options.accessTtl ?? Math.min(development ? 28_800 : 600, idle), idle, absolute }
}

const lifetimeProblems = (options: Lifetimes, development: boolean): string[] => {
  const given = [options.accessTtl, options.idle, options.absolute]
  if (given.some((value) => value !== undefined && typeof value !== 'number')) return []
  const { accessTtl, idle, absolute } = lifetimes(options, development)
  return [
    ...(idle > absolute ? [`idle (${idle}) must not be longer than absolute (${absolute})`] : []),
    ...(accessTtl > idle ? [`accessTtl (${accessTtl}) must not be longer than idle (${idle})`] : []),
  ]
}

const withDefaults = <C extends object>(options: AuthOptions<C>, development: boolean) => {
  const issuer = options.issuer ?? 'app'
  return {
    ...lifetimes(options, development),
    issuer: development ? `development:${issuer}` : issuer,
    audience: options.audience ?? issuer,
    leeway: options.leeway ?? 60,
    overlap: options.overlap ?? (development ? 60 : 10),
    strict: options.rotation === 'strict',
    maxStaleness: options.maxStaleness ?? 5,
    allowUnchecked: options.onUnavailable === 'allow',
  }
}

/** The one error for options that cannot work: all problems at once, and never a value of a secret. */
export const invalidOptions = (problems: readonly string[]): AuthError =>
  new AuthError(
    'invalid_options',
    `createAuth cannot work with these options:\n${problems.map((p) => `- ${p}`).join('\n')}`,
  )

/** Checks the options and fills in the defaults. Throws `invalid_options` naming every problem. */
export const settingsFrom = <C extends object>(options: AuthOptions<C>): Settings<C> => {
  const problems = optionProblems(options as AuthOptions<never>)
  if (problems.length > 0) throw invalidOptions(problems)
  const development = isDevelopment(options)
  return {
    ...withDefaults(options, development),
    secrets: options.secret === undefined ? [] : [options.secret].flat(),
    store: options.store,
    claims: options.claims ?? (() => ({}) as C),
    onEvent: options.onEvent ?? defaultSink(development),
    development,
    now: options.now ?? Date.now,
  }
}
