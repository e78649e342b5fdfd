/** Login: opens a session for a subject that the application has just recognised. */

import { AuthError } from '../errors.js'
import type { RequestOrigin } from '../events.js'
import type { Json, SessionRecord, Transport } from '../session/record.js'
import { newSessionId, randomId } from '../session/session-id.js'
import type { SubjectState } from '../store/token-store.js'
import { isIdentifier } from '../token/claims.js'
import { tokenLife } from '../token/sign.js'
import { claimsOf, type Flow, openStore } from './flow.js'
import { issuePair, type Pair, reportIssued } from './issue.js'

/** Whom to sign in, and how. */
export interface LoginInput {
  /** The application's own user id, as text of 1 to 255 characters; it becomes `sub` unchanged. */
  readonly subject: string
  /** Whether cookies survive the end of the browser session. Default: true. */
  readonly remember?: boolean | undefined
  /** How the tokens will travel; they work on no other way. Default: `cookie`. */
  readonly transport?: Transport | undefined
  /** A label shown in the list of sessions, cut to 200 characters. */
  readonly device?: string | undefined
  /** The application's own data, handed to the `claims` function at each refresh. At most 2048 characters of JSON. */
  readonly data?: { readonly [key: string]: Json } | undefined
  /** What `asOf(subject)` gave before the password check: a revocation since then refuses this login. */
  readonly asOf?: number | undefined
  /** Where the request came from, for the audit log. */
  readonly origin?: RequestOrigin | undefined
}

const MAX_DEVICE = 200
const MAX_DATA = 2048

const invalid = (message: string): AuthError => new AuthError('invalid_argument', `login: ${message}`)
/** Applications hand these on as a client sent them, so a wrong one is the client's. */
const badRequest = (message: string): AuthError =>
  new AuthError('invalid_request', `login: ${message}`, { reason: 'bad_request' })

const checked = (input: LoginInput): void => {
  if (!isIdentifier(input?.subject))
    throw invalid('subject must be a text of 1 to 255 characters; use String(user.id).')
  const { transport = 'cookie', device = '', data = {}, asOf = 0, remember = true } = input
  if (transport !== 'cookie' && transport !== 'bearer')
    throw badRequest('transport must be "cookie" or "bearer".')
  if (typeof remember !== 'boolean') throw badRequest('remember must be true or false.')
  if (typeof device !== 'string') throw badRequest('device must be a text.')
  if (!Number.isSafeInteger(asOf)) throw invalid('asOf must be what asOf(subject) resolved to.')
  if (!isSmallObject(data)) {
    throw invalid(`data must be a plain object of at most ${MAX_DATA} characters of JSON.`)
  }
}

const isSmallObject = (data: unknown): boolean => {
  try {
    return typeof data === 'object' && data !== null && JSON.stringify(data).length <= MAX_DATA
  } catch {
    return false
  }
}

const openSession = async <C extends object>(
  { settings }: Flow<C>,
  input: LoginInput,
  { epoch, now }: SubjectState,
): Promise<SessionRecord> => {
  const expiresAt = now + settings.absolute * 1000
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
    idleFor: settings.idle,
    idleExpiresAt: Math.min(now + settings.idle * 1000, expiresAt),
    expiresAt,
    persistent: input.remember ?? true,
    transport: input.transport ?? 'cookie',
    ...(input.device ? { device: input.device.slice(0, MAX_DEVICE) } : {}),
    ...(input.data ? { data: input.data } : {}),
  }
}

/**
 * Opens a session and issues its first pair.
 *
 * @throws AuthError `invalid_argument`, `invalid_request`, `subject_disabled`, `login_superseded`, `store_unavailable`,
 * `claims_unavailable`, `claims_invalid`
 */
export const login = async <C extends object>(flow: Flow<C>, input: LoginInput): Promise<Pair<C>> => {
  checked(input)
  const { subject, origin } = input
  const life = tokenLife(flow.settings)
  const store = openStore(flow, origin)
  const session = await openSession(flow, input, await store('epoch', subject))
  const claims = await claimsOf(flow, subject, session)
  if (claims === null) {
    flow.emit({ type: 'request_rejected', reason: 'subject_disabled' }, origin)
    throw new AuthError('subject_disabled', 'This subject may not sign in.', { reason: 'subject_disabled' })
  }
  // Signed before it is stored: claims that no token can carry leave no session behind.
  const pair = await issuePair(flow, { session, claims, life })
  if (!(await store('insert', session))) {
    flow.emit({ type: 'request_rejected', reason: 'login_superseded' }, origin)
    throw new AuthError(
      'login_superseded',
      'All sessions of this subject were revoked meanwhile. Sign in again.',
    )
  }
  const { id: sessionId, transport, persistent } = session
  flow.emit({ type: 'login', subject, sessionId, transport, persistent }, origin)
  reportIssued(flow, pair, origin)
  return pair
}

/**
 * Marks this moment for a later login: the subject's epoch.
 *
 * @throws AuthError `invalid_argument`, `store_unavailable`
 */
export const asOf = async <C extends object>(flow: Flow<C>, subject: string): Promise<number> => {
  if (!isIdentifier(subject))
    throw new AuthError('invalid_argument', 'asOf takes a subject of 1 to 255 characters.')
  return (await openStore(flow)('epoch', subject)).epoch
}
