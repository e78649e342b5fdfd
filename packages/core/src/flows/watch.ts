/** Watch: ends a WebSocket, an event stream or anything else that outlives its request when its session ends. */

import { type Check, oneOf, readInput } from '../checks.js'
import { AuthError } from '../errors.js'
import type { Replica } from '../revocation/replica.js'
import type { EndReason, Watchers } from '../revocation/watchers.js'
import type { Principal } from '../token/claims.js'
import type { OpenedToken } from '../token/open.js'

/** How a watch treats doubt. */
export interface WatchOptions {
  /**
   * What happens while neither the copy of the revocations nor the store can tell whether the session lives: `keep` lets the
   * connection go on until its token ends, `end` ends it. Default: `keep`.
   */
  readonly whenUnknown?: 'keep' | 'end' | undefined
}

/** A watch that has begun; calling it stops the watch without ending anything. */
export interface Watch {
  (): void
  /**
   * Lets the watch last as long as a newer token of the same session. False where the principal is of another session, or
   * the watch has ended. A request of the same session that this process accepts renews by itself.
   */
  renew(principal: Principal): boolean
}

/** Calls `end` once, when the session is revoked or its token has ended without a newer one. */
export type WatchVerb = (
  principal: Principal,
  end: (reason: EndReason) => unknown,
  options?: WatchOptions,
) => Watch

/** What the verb works with. */
export interface WatchNeeds {
  readonly watchers: Watchers
  readonly replica: Pick<Replica, 'isRevoked'>
  /** What a principal of this process was read from. */
  readonly opened: (principal: Principal) => OpenedToken | undefined
  /** Asks the store where the copy cannot tell; undefined where that cannot either. */
  readonly ask: (opened: OpenedToken) => Promise<boolean | undefined>
}

const CHECKS: Readonly<Record<keyof WatchOptions, Check>> = { whenUnknown: oneOf('keep', 'end') }

/** Binds the verb. @throws AuthError `invalid_argument` */
export const createWatch = ({ watchers, replica, opened, ask }: WatchNeeds): WatchVerb => {
  const known = (principal: Principal): OpenedToken => {
    const token = opened(principal)
    if (token) return token
    throw new AuthError(
      'invalid_argument',
      'watch takes a principal as authenticate or a guard gave it, not a copy.',
    )
  }
  return (principal, end, given = {}) => {
    const { whenUnknown = 'keep' } = readInput<WatchOptions>('watch', given, CHECKS)
    if (typeof end !== 'function')
      throw new AuthError('invalid_argument', 'watch takes a function to call at the end.')
    const token = known(principal)
    const { tokenId, sessionId, subject, expiresAt } = principal
    const { epoch } = token
    const handle = watchers.add({ tokenId, sessionId, subject, epoch, expiresAt, whenUnknown, end })
    const revoked = () => watchers.marked({ kind: 'token', tokenId, sessionId, lastsFor: 0 })
    // A mark may have come since the principal was authenticated; from here on it cannot be missed.
    const now = replica.isRevoked({ tokenId, sessionId, subject, epoch })
    if (now) revoked()
    else if (now === undefined) {
      void ask(token).then((answer) => {
        if (answer) revoked()
        else if (answer === undefined && whenUnknown === 'end') watchers.unknown()
      })
    }
    return Object.assign(() => handle.stop(), { renew: (newer: Principal) => handle.renew(known(newer)) })
  }
}
