/** `createAuth`: binds clock, keys and store to the verbs, once. */

import { type AuditVerbs, auditVerbs, type OpenAudit, openAudit } from './audit/audit.js'
import { createEmit, type Emit } from './audit/emit.js'
import type { RequestSource } from './audit/event.js'
import { createSettle, type Settle, type SourceOf } from './audit/settle.js'
import { type Checks, invalidInput, readOptions, type Snapshot } from './checks.js'
import {
  AUTHENTICATE_CHECKS,
  type Authenticate,
  type AuthenticateOptions,
  createAuthenticate,
} from './flows/authenticate.js'
import { createLogin, LOGIN_CHECKS, type Login, type LoginInput } from './flows/login.js'
import { createLogout, LOGOUT_CHECKS, type Logout, type LogoutInput } from './flows/logout.js'
import { createRefresh, REFRESH_CHECKS, type Refresh, type RefreshOptions } from './flows/refresh.js'
import { createReport, type Report } from './flows/report.js'
import {
  createRevokeVerb,
  REVOKE_CHECKS,
  type Revocation,
  type RevokeOptions,
  type RevokeTarget,
  type RevokeVerb,
} from './flows/revoke.js'
import { assertSubject, listSessions, type SessionInfo } from './flows/sessions.js'
import { createTakeOver, type TakeOver } from './flows/take-over.js'
import { createWatch, type WatchVerb } from './flows/watch.js'
import { createKeySource } from './keys/ring.js'
import { after, type MaybePromise } from './maybe-promise.js'
import { type AuthOptions, type Settings, settingsFrom } from './options.js'
import { accept, type Outcome } from './outcome.js'
import type { Jwk } from './platform/platform.js'
import { createBreaker } from './revocation/breaker.js'
import { createReplica } from './revocation/replica.js'
import { createRevoke, markLife } from './revocation/revoker.js'
import { createWatchers } from './revocation/watchers.js'
import { type BoundedStore, boundedStore } from './store/bounded-store.js'
import type { Principal } from './token/claims.js'
import { createClaimsSource } from './token/claims-source.js'
import { createIssuer, type Pair, type Refreshed } from './token/issue.js'
import { createOpen } from './token/open.js'
import { createOpenedTokens } from './token/opened-tokens.js'

/** Sessions on signed tokens, without HTTP. All methods reject with an `AuthError` and nothing else. */
export interface Auth<C extends object = object> {
  /** Opens a session for a subject whose password (or other proof) the application has just checked. */
  login(input: LoginInput): Promise<Pair<C>>
  /** Verifies an access token: who presents it, or an `AuthError`. */
  authenticate(accessToken: string, options?: AuthenticateOptions): Promise<Principal<C>>
  /** Trades a refresh token by the rotation rule. */
  refresh(refreshToken: string, options?: RefreshOptions): Promise<Refreshed<C>>
  /** Ends the session of the given tokens. */
  logout(input: LogoutInput): Promise<void>
  /** Revokes a token, a session, or everything of a subject, effective with the next call. */
  revoke(target: RevokeTarget, options?: RevokeOptions): Promise<Revocation<C>>
  /** Lists the live sessions of a subject, newest first. */
  sessions(subject: string): Promise<SessionInfo[]>
  /** Marks this moment for a later `login({ asOf })`: take it before a slow password check. */
  asOf(subject: string): Promise<number>
  /** Enters what only the application sees, a failed password for instance, into the same audit log. */
  report(event: Report): void
  /**
   * Watches over a connection that outlives its request: calls `end(reason)` once, when the session is revoked or its token
   * has ended without a newer one. Takes a principal as `authenticate` or a guard gave it.
   */
  readonly watch: WatchVerb
  /** The audit log, as the option `audit` has it. Its methods reject with `invalid_argument` where there is none. */
  readonly audit: AuditVerbs
  /** Keeps what the audit log has accepted, then lets go of what the store holds open. */
  close(): Promise<void>
}

/** The verbs before their verdicts are settled: what an edge, such as HTTP, is built on. */
export interface Verbs {
  readonly settings: Settings
  readonly emit: Emit
  readonly audit: OpenAudit | undefined
  readonly settle: Settle
  /** Opens the store for one request: one budget of time for all that is asked in it. */
  store(source?: RequestSource): BoundedStore
  readonly authenticate: Authenticate
  readonly login: Login
  readonly refresh: Refresh
  readonly logout: Logout
  readonly revoke: RevokeVerb
  sessions(subject: string, store: BoundedStore): Promise<Outcome<SessionInfo[]>>
  readonly report: (event: Report) => void
  readonly watch: WatchVerb
  readonly takeOver: TakeOver
  /** What other services verify access tokens with (RFC 7517 section 5); undefined where they could only do so with the secret. */
  readonly jwks: (() => MaybePromise<Outcome<{ readonly keys: readonly Jwk[] }>>) | undefined
  /** Ends a session by its id, whether or not it exists, so that it cannot come back. */
  endSession(sessionId: string, store: BoundedStore): Promise<void>
  close(): Promise<void>
}

/** Announces, once and at the first use, what an operator should know about this set-up. */
const createAnnounce = ({ development, store }: Settings, emit: Emit): (() => void) => {
  let pending = true
  return () => {
    if (!pending) return
    pending = false
    if (development) emit({ type: 'development_mode' })
    else if (store.volatile) emit({ type: 'memory_store_in_production' })
    // In the background: no request waits for it, and a store that is down says so by itself.
    const warnings = Promise.resolve().then(() => store.warnings?.() ?? [])
    const report = (messages: readonly string[]) => {
      for (const message of messages) emit({ type: 'store_warning', message })
    }
    warnings.then(report, () => undefined)
  }
}

/** Binds the verbs of one configuration. @param endedUntil - until when the ids of revoked sessions must not come back, in milliseconds */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createVerbs = (settings: Settings, endedUntil = 0): Verbs => {
  const { store, now, leeway, maxStaleness, development } = settings
  const audit = openAudit(settings)
  const emit = createEmit(settings.onEvent, now, audit && ((event) => audit.push(event)))
  const announce = createAnnounce(settings, emit)
  const monotonic = () => performance.now()
  const source = createKeySource({ secrets: settings.secrets, development, specs: settings.keys })
  const keys = {
    load: () => {
      announce()
      return source.load()
    },
  }
  const open = createOpen(settings)
  const remembered = createOpenedTokens()
  const watchers = createWatchers(now, leeway)
  const { marked: onMark, unknown: onStale, seen: onAccepted } = watchers
  const replica = createReplica({ store, maxStaleness, monotonic, emit, onMark, onStale })
  const breaker = createBreaker(monotonic)
  const markFor = markLife(development)
  const write = createRevoke(replica, markFor, () => endedUntil - now())
  const issuer = createIssuer({ policy: settings, accessTtl: settings.accessTtl, now, emit })
  const claims = createClaimsSource(settings.claims, emit)
  const issuing = { keys, claims, issuer, emit }
  const { overlap, strict, allowUnchecked } = settings
  return {
    settings,
    emit,
    audit,
    settle: createSettle(emit),
    store: (origin) => boundedStore(store, emit, origin),
    authenticate: createAuthenticate({
      keys,
      open,
      remembered,
      replica,
      breaker,
      onAccepted,
      emit,
      now,
      leeway,
      allowUnchecked,
    }),
    login: createLogin({ ...issuing, settings, replica, markFor }),
    refresh: createRefresh({ ...issuing, revoke: write, overlap, strict }),
    logout: createLogout({ keys, open, replica, revoke: write, emit, now, leeway }),
    revoke: createRevokeVerb({ ...issuing, write }),
    sessions: listSessions,
    report: createReport(emit),
    jwks: settings.keys.some(({ kind }) => kind !== 'secret' && kind !== 'shared')
      ? () => after(keys.load(), ({ published }) => accept({ keys: published }))
      : undefined,
    takeOver: createTakeOver({ ...issuing, settings, replica, markFor }),
    endSession: async (sessionId, open) => {
      await write(open, { kind: 'session', sessionId })
    },
    watch: createWatch({
      watchers,
      replica,
      opened: remembered.of,
      ask: ({ principal: { tokenId, sessionId, subject }, epoch }) =>
        boundedStore(store, emit)
          .isRevoked({ tokenId, sessionId, subject, epoch })
          .catch(() => undefined),
    }),
    close: async () => {
      watchers.close()
      replica.close()
      await audit?.close()
      await store.close()
    },
  }
}

/** Settles the verbs: the one place in which a verdict becomes an exception. */
export const authOf = <C extends object>(verbs: Verbs): Auth<C> => {
  const { settle, store } = verbs
  const run = async <T>(
    work: () => MaybePromise<Outcome<unknown>>,
    source: SourceOf = () => undefined,
  ): Promise<T> => {
    const { value, error } = await settle(work, source)
    if (error) throw error
    return value as T
  }
  /** Reads what a verb is given, once, and runs it with that. */
  const taking =
    <I extends { readonly source?: RequestSource | undefined }>(name: string, checks: Checks<I>) =>
    <T>(
      given: I,
      verb: (input: Snapshot<I>, open: () => BoundedStore) => MaybePromise<Outcome<unknown>>,
    ): Promise<T> => {
      let source: RequestSource | undefined
      const work = () => {
        const { options, problems } = readOptions<I>(given, checks)
        source = options.source
        if (problems.length > 0) throw invalidInput(name, problems)
        return verb(options, () => store(source))
      }
      return run(work, () => source)
    }
  const login = taking<LoginInput>('login', LOGIN_CHECKS)
  const authenticate = taking<AuthenticateOptions>('authenticate', AUTHENTICATE_CHECKS)
  const refresh = taking<RefreshOptions>('refresh', REFRESH_CHECKS)
  const logout = taking<LogoutInput>('logout', LOGOUT_CHECKS)
  const revoke = taking<RevokeOptions>('revoke', REVOKE_CHECKS)
  return {
    login: (given) => login(given, (input, open) => verbs.login(input, open())),
    authenticate: (token, given = {}) =>
      authenticate(given, (options, open) => verbs.authenticate(token, options, open)),
    refresh: (token, given = {}) => refresh(given, (options, open) => verbs.refresh(token, options, open())),
    logout: async (given) => {
      await logout(given, (input, open) => verbs.logout(input, open()))
    },
    revoke: (target, given = {}) => revoke(given, (options, open) => verbs.revoke(target, options, open())),
    sessions: (subject) =>
      run(() => {
        assertSubject('sessions', subject)
        return verbs.sessions(subject, store())
      }),
    asOf: (subject) =>
      run(async () => {
        assertSubject('asOf', subject)
        return accept((await store().epoch(subject)).epoch)
      }),
    report: verbs.report,
    watch: verbs.watch,
    audit: auditVerbs(verbs.audit, (work) => run(async () => accept(await work()))),
    close: () => run(async () => accept(await verbs.close())),
  }
}

/**
 * Creates the library's core. Synchronous: it draws no random, starts no timer and opens no connection.
 *
 * @throws AuthError `invalid_options`, listing every problem at once
 * @example
 * const auth = createAuth({ secret: process.env.SESSION_SECRET, store: memoryStore() })
 * const { accessToken, refreshToken } = await auth.login({ subject: user.id, transport: 'bearer' })
 * const { subject } = await auth.authenticate(accessToken)
 */
export const createAuth = <C extends object = Record<string, never>>(options: AuthOptions<C>): Auth<C> =>
  authOf<C>(createVerbs(settingsFrom(options)))
