/** Login: opens a session for a subject that the application has just recognised. */

import type { Emit } from '../audit/emit.js'
import type { RequestSource } from '../audit/event.js'
import { type Check, isAnything, isBoolean, must, oneOf, type Snapshot } from '../checks.js'
import { AuthError } from '../errors.js'
import type { KeySource } from '../keys/ring.js'
import { isIdentifier } from '../limits.js'
import { LIFETIME_CHECKS, type Settings } from '../options.js'
import { accept, type Outcome, refuse } from '../outcome.js'
import type { Replica } from '../revocation/replica.js'
import type { Json, SessionRecord, Transport } from '../session/record.js'
import { newSessionId, randomId } from '../session/session-id.js'
import type { BoundedStore } from '../store/bounded-store.js'
import { type Insertion, STORE_LIMITS, type SubjectState } from '../store/token-store.js'
import type { ClaimsSource } from '../token/claims-source.js'
import type { Issuer, Pair } from '../token/issue.js'

/** Whom to sign in, and how. */
export interface LoginInput {
  /** The application's own user id, as a string of 1 to 255 characters; it becomes `sub` unchanged. */
  readonly subject: string
  /** Whether cookies survive the end of the browser session. Default: true. */
  readonly remember?: boolean | undefined
  /** How the tokens will travel; they work on no other way. Default: `cookie`. */
  readonly transport?: Transport | undefined
  /** A label shown in the list of sessions, cut to 200 characters. */
  readonly device?: string | undefined
  /** The application's own data, handed to the `claims` function at each refresh. At most 2048 characters of JSON. */
  readonly data?: { readonly [key: string]: Json } | undefined
  /** `idle` of this session, in seconds; never longer than configured. Default: as configured. */
  readonly idle?: number | undefined
  /** `absolute` of this session, in seconds; never longer than configured. Default: as configured. */
  readonly absolute?: number | undefined
  /** What `asOf(subject)` gave before the password check: a revocation since then refuses this login. */
  readonly asOf?: number | undefined
  /** Where the request came from, for the audit log. */
  readonly source?: RequestSource | undefined
}

const MAX_DEVICE = 200

/** The checks of the input: the application's own mistakes. */
export const LOGIN_CHECKS: Readonly<Record<keyof LoginInput, Check>> = {
  subject: must('a string of 1 to 255 characters; use String(user.id)', isIdentifier),
  remember: isAnything,
  transport: isAnything,
  device: isAnything,
  data: must(
    `a plain object of at most ${STORE_LIMITS.data} characters of JSON`,
    (value) => jsonOf(value) !== null,
  ),
  ...LIFETIME_CHECKS,
  asOf: must('what asOf(subject) resolved to', Number.isSafeInteger),
  source: isAnything,
}

/** Applications hand these on as a client sent them, so a wrong one is the client's. */
const CLIENT_CHECKS: Readonly<Record<'remember' | 'transport' | 'device', Check>> = {
  remember: isBoolean,
  transport: oneOf('cookie', 'bearer'),
  device: must('a string', (value) => typeof value === 'string'),
}

/** Plain data as JSON carries it; null where JSON would lose or change something. */
const jsonOf = (value: unknown): { readonly [key: string]: Json } | null => {
  try {
    const text = JSON.stringify(value)
    const copy: unknown = JSON.parse(text)
    const isObject = typeof copy === 'object' && copy !== null && !Array.isArray(copy)
    return isObject && text.length <= STORE_LIMITS.data && isPlain(value)
      ? (copy as { [key: string]: Json })
      : null
  } catch {
    return null
  }
}

/** Whether a value holds nothing but strings, finite numbers, booleans, null, arrays and plain objects. */
const isPlain = (value: unknown): boolean => {
  if (value === null || ['string', 'boolean'].includes(typeof value)) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.every(isPlain)
  const prototype = Object.getPrototypeOf(value)
  const isRecord = prototype === null || Object.getPrototypeOf(prototype) === null
  return isRecord && Object.values(value).every((item) => item === undefined || isPlain(item))
}

/** What is wrong with input that was read by {@link LOGIN_CHECKS}: a subject that is missing, and what the client sent. */
const assertComplete = (input: Snapshot<LoginInput>): void => {
  if (input.subject === undefined) {
    throw new AuthError('invalid_argument', 'login: subject is missing; use String(user.id).')
  }
  for (const [name, check] of Object.entries(CLIENT_CHECKS)) {
    const value = input[name as keyof typeof CLIENT_CHECKS]
    const problem = value === undefined ? undefined : check(value)
    if (problem)
      throw new AuthError('invalid_request', `login: ${name} ${problem}.`, { reason: 'bad_request' })
  }
}

/** What the verb works with. */
export interface LoginNeeds {
  readonly settings: Pick<
    Settings,
    'idle' | 'absolute' | 'accessTtl' | 'overlap' | 'maxSessions' | 'whenFull'
  >
  readonly keys: KeySource
  readonly claims: ClaimsSource
  readonly issuer: Issuer
  readonly replica: Pick<Replica, 'apply'>
  readonly emit: Emit
  /** How long the mark of an evicted session lasts, in milliseconds. */
  readonly markFor: number
}

/** The verb. */
export type Login = (input: Snapshot<LoginInput>, store: BoundedStore) => Promise<Outcome<Pair>>

/** A pause of `idle` is what a person experiences: before the next refresh, one access token still serves. */
const openSession = async (
  settings: LoginNeeds['settings'],
  input: Snapshot<LoginInput>,
  { epoch, now }: SubjectState,
): Promise<SessionRecord> => {
  const absolute = Math.min(input.absolute ?? settings.absolute, settings.absolute)
  const idle = Math.min(input.idle ?? settings.idle, settings.idle, absolute)
  const idleFor = idle + settings.accessTtl + settings.overlap
  const expiresAt = now + absolute * 1000
  return {
    id: await newSessionId(input.subject),
    subject: input.subject,
    epoch: input.asOf ?? epoch,
    version: 1,
    generation: 1,
    previous: 0,
    rotatedAt: now,
    recoveries: 0,
    seed: randomId(),
    createdAt: now,
    authenticatedAt: now,
    idleFor,
    idleExpiresAt: Math.min(now + idleFor * 1000, expiresAt),
    expiresAt,
    persistent: input.remember ?? true,
    transport: input.transport ?? 'cookie',
    ...(input.device ? { device: input.device.slice(0, MAX_DEVICE) } : {}),
    ...(input.data ? { data: jsonOf(input.data) ?? {} } : {}),
  }
}

const refusalOf = (outcome: Exclude<Insertion['outcome'], 'inserted'>) =>
  refuse(outcome === 'full' ? 'too_many_sessions' : 'login_superseded')

/**
 * Binds the verb. It opens a session and issues its first pair.
 *
 * @throws AuthError `invalid_argument`, `invalid_request`, `store_unavailable`, `claims_unavailable`, `claims_invalid`
 */
export const createLogin = (needs: LoginNeeds): Login => {
  const { settings, keys, claims, issuer, replica, emit, markFor } = needs
  const cap = { max: settings.maxSessions, whenFull: settings.whenFull, markFor }

  const report = (session: SessionRecord, { evicted }: Insertion, source?: RequestSource): void => {
    const { id: sessionId, subject, transport, persistent, device } = session
    for (const mark of evicted) {
      replica.apply(mark)
      emit({ type: 'session_evicted', subject, sessionId: mark.sessionId }, source)
    }
    const label = device === undefined ? {} : { device }
    emit({ type: 'login', subject, sessionId, transport, persistent, ...label }, source)
  }

  return async (input, store) => {
    assertComplete(input)
    const { subject, source } = input
    const life = issuer.life()
    const session = await openSession(settings, input, await store.epoch(subject))
    const granted = await claims(session, source)
    if (granted === null) return { refused: 'subject_disabled', code: 'subject_disabled' }
    // Signed before it is stored: claims that no token can carry leave no session behind.
    const pair = await issuer.pair(await keys.load(), { session, claims: granted, life })
    const insertion = await store.insert(session, cap)
    if (insertion.outcome !== 'inserted') return refusalOf(insertion.outcome)
    report(session, insertion, source)
    issuer.report(pair, source)
    return accept(pair)
  }
}
