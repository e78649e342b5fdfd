/** What identification gives: who sends a request, or why that is refused. */

import type { Snapshot } from '../checks.js'
import type { AuthenticateOptions } from '../flows/authenticate.js'
import type { MaybePromise } from '../maybe-promise.js'
import type { Outcome } from '../outcome.js'
import type { Principal } from '../token/claims.js'
import type { Credential } from './credential.js'
import type { Exchange } from './exchange.js'

/** Who sends a request, and by which credential. */
export interface Identified {
  readonly principal: Principal
  readonly transport: Credential['transport']
}

/** A verdict on what was presented; undefined where nothing was. */
export type Identity = Outcome<Identified> | undefined

/** How a route looks at its callers. */
export type Strictness = Snapshot<Pick<AuthenticateOptions, 'revocation' | 'maxAuthAge'>>

/** Finds out who sends a request. */
export type Identify = (exchange: Exchange, options: Strictness) => MaybePromise<Identity>
