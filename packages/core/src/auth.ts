/** `createAuth`: binds clock, keys and store to the flows, once. */

import { AuthError, isAuthError } from './errors.js'
import { type AuthEvent, createEmit, type RequestOrigin } from './events.js'
import { type AuthenticateOptions, authenticate } from './flows/authenticate.js'
import type { Flow } from './flows/flow.js'
import type { Pair } from './flows/issue.js'
import { asOf, type LoginInput, login } from './flows/login.js'
import { type LogoutInput, logout } from './flows/logout.js'
import { type RefreshOptions, refresh } from './flows/refresh.js'
import { type Revocation, type RevokeTarget, revoke } from './flows/revoke.js'
import { type SessionInfo, sessions } from './flows/sessions.js'
import { type AuthOptions, type Settings, settingsFrom } from './options.js'
import { createBreaker } from './revocation/breaker.js'
import { createReplica } from './revocation/replica.js'
import type { Principal } from './token/claims.js'
import { createKeyRing } from './token/keys.js'

/** Sessions on signed tokens, without HTTP. All methods reject with an `AuthError` and nothing else. */
export interface Auth<C extends object = object> {
  /** Opens a session for a subject whose password (or other proof) the application has just checked. */
  login(input: LoginInput): Promise<Pair<C>>
  /** Verifies an access token: who presents it, or an `AuthError`. */
  authenticate(accessToken: string, options?: AuthenticateOptions): Promise<Principal<C>>
  /** Trades a refresh token for a new pair, by the rotation rule. */
  refresh(refreshToken: string, options?: RefreshOptions): Promise<Pair<C>>
  /** Ends the session of the given tokens. */
  logout(input: LogoutInput): Promise<void>
  /** Revokes a token, a session, or everything of a subject, effective with the next call. */
  revoke(target: RevokeTarget, origin?: RequestOrigin): Promise<Revocation<C>>
  /** Lists the live sessions of a subject, newest first. */
  sessions(subject: string): Promise<SessionInfo[]>
  /** Marks this moment for a later `login({ asOf })`: take it before a slow password check. */
  asOf(subject: string): Promise<number>
  /** Lets go of what the store holds open. */
  close(): Promise<void>
}

/** A method that rejects with an `AuthError` whatever happens in it. */
const sound =
  <A extends unknown[], T>(method: (...args: A) => Promise<T>) =>
  async (...args: A): Promise<T> => {
    try {
      return await method(...args)
    } catch (cause) {
      throw isAuthError(cause)
        ? cause
        : new AuthError('internal_error', 'Something failed that should not.', { cause })
    }
  }

/** Announces, once and at the first use, what somebody should know about this set-up. */
const announceOnce = <C extends object>(settings: Settings<C>, emit: Flow<C>['emit']): (() => void) => {
  let pending = true
  return () => {
    if (!pending) return
    pending = false
    if (settings.development) emit({ type: 'development_mode' })
    else if (settings.store.volatile) emit({ type: 'memory_store_in_production' })
    // In the background: nobody waits for it, and a store that is down says so by itself.
    const warnings = Promise.resolve().then(() => settings.store.warnings?.() ?? [])
    const report = (messages: readonly string[]) => {
      for (const message of messages) emit({ type: 'store_warning', message })
    }
    warnings.then(report, () => undefined)
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
export const createAuth = <C extends object = Record<string, never>>(options: AuthOptions<C>): Auth<C> => {
  const settings = settingsFrom(options)
  const ring = createKeyRing(settings.secrets, settings.development)
  const emit = createEmit(settings.onEvent as (event: AuthEvent) => unknown, settings.now)
  const announce = announceOnce(settings, emit)
  const monotonic = () => performance.now()
  const { store, maxStaleness, now } = settings
  const flow: Flow<C> = {
    settings,
    emit,
    replica: createReplica({ store, maxStaleness, now, monotonic, emit }),
    breaker: createBreaker(monotonic),
    ring: () => {
      announce()
      return ring()
    },
  }
  return {
    login: sound((input) => login(flow, input)),
    authenticate: sound((accessToken, given) => authenticate(flow, accessToken, given ?? {})),
    refresh: sound((refreshToken, given) => refresh(flow, refreshToken, given ?? {})),
    logout: sound((input) => logout(flow, input)),
    revoke: sound((target, origin) => revoke(flow, target, origin)),
    sessions: sound((subject) => sessions(flow, subject)),
    asOf: sound((subject) => asOf(flow, subject)),
    close: sound(() => {
      flow.replica.close()
      return store.close()
    }),
  }
}
