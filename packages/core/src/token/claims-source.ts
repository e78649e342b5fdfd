/** The application's `claims` function, asked with a limit on waiting: what a subject's next token says. */

import type { Emit } from '../audit/emit.js'
import type { RequestSource } from '../audit/event.js'
import { withinDeadline } from '../deadline.js'
import { AuthError, excerptOf } from '../errors.js'
import type { SessionRecord } from '../session/record.js'
import { customClaims } from './claims.js'

/** What the `claims` function is told besides the subject. */
export type ClaimsContext = Pick<SessionRecord, 'id' | 'transport' | 'device' | 'data'>

/** The `claims` option; null means that the subject may no longer sign in. */
export type ClaimsFunction<C extends object = object> = (
  subject: string,
  session: ClaimsContext,
) => C | null | Promise<C | null>

/** Asks for a session's claims; null where its subject may no longer sign in. */
export type ClaimsSource = (session: SessionRecord, source?: RequestSource) => Promise<object | null>

/** How long the application may take, in milliseconds. */
const CLAIMS_DEADLINE = 5000

/**
 * Binds the function and the log.
 *
 * @throws AuthError `claims_unavailable` where the function threw or gave no answer in time, `claims_invalid` where its
 * result is unusable
 */
export const createClaimsSource =
  (claimsOf: ClaimsFunction | undefined, emit: Emit): ClaimsSource =>
  async ({ subject, id, transport, device, data }, source) => {
    if (!claimsOf) return {}
    const session = {
      id,
      transport,
      ...(device === undefined ? {} : { device }),
      ...(data === undefined ? {} : { data }),
    }
    let claims: object | null
    try {
      const given = claimsOf(subject, session)
      const isPromise = typeof (given as PromiseLike<object> | null)?.then === 'function'
      claims = isPromise
        ? await withinDeadline(given as Promise<object | null>, CLAIMS_DEADLINE)
        : (given as object | null)
    } catch (cause) {
      emit({ type: 'claims_trouble', message: excerptOf(cause) }, source)
      throw new AuthError('claims_unavailable', 'The claims of the subject cannot be read.', { cause })
    }
    return claims === null ? null : customClaims(claims)
  }
