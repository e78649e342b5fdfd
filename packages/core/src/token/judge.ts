/** Judges an opened token by the clock and by what the route wants. Pure: the same answer for a token remembered or new. */

import { type Refusal, refuse } from '../outcome.js'
import type { Transport } from '../session/record.js'
import { ownerOf } from './claims.js'
import type { OpenedToken } from './open.js'

/** What a token is judged by. */
export interface JudgeInput {
  /** The clock, in milliseconds. */
  readonly now: number
  /** Accepted clock difference, in seconds. */
  readonly leeway: number
  /** The way on which the token came. */
  readonly transport?: Transport | undefined
}

/** Why a token has not begun; undefined where it has. Its end is not looked at: for logout. */
export const judgeBegin = (
  { principal, notBefore }: OpenedToken,
  { now, leeway }: JudgeInput,
): Refusal | undefined => {
  const latest = now + leeway * 1000
  // Asked so that a clock which gives no number refuses everything.
  const begun = principal.issuedAt <= latest && notBefore <= latest && principal.authenticatedAt <= latest
  return begun ? undefined : refuse('not_yet_valid')
}

/** Why a token is not good now; undefined where it is. */
export const judge = (opened: OpenedToken, input: JudgeInput): Refusal | undefined => {
  const early = judgeBegin(opened, input)
  if (early) return early
  const { principal } = opened
  if (!(input.now < principal.expiresAt + input.leeway * 1000)) return refuse('expired', ownerOf(principal))
  if (input.transport && input.transport !== principal.transport) {
    return refuse('wrong_transport', ownerOf(principal))
  }
  return undefined
}

/** Why a login is too old for a route; undefined where it is recent enough. @param maxAuthAge - in seconds */
export const judgeAge = (
  { principal }: OpenedToken,
  { now, leeway }: JudgeInput,
  maxAuthAge: number | undefined,
): Refusal | undefined => {
  if (maxAuthAge === undefined || now - principal.authenticatedAt <= (maxAuthAge + leeway) * 1000)
    return undefined
  return refuse('login_too_old', ownerOf(principal))
}
