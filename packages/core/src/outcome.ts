/** Verdicts as values: a check gives what it accepted or why it refused; only a public method throws. */

import { AuthError, type AuthErrorCode, REFUSALS, type RejectionReason, type TokenOwner } from './errors.js'

/** What was presented is good. */
export interface Accepted<T> {
  readonly accepted: T
}

/** What was presented is turned away. */
export interface Refusal {
  readonly refused: RejectionReason
  /** Default: the code that belongs to the reason. */
  readonly code?: AuthErrorCode | undefined
  /** Whom a refused token belongs to, where that was proven. */
  readonly about?: TokenOwner | undefined
  /** What the client may be told beyond the code, where it can act on it. */
  readonly message?: string | undefined
  /** What the operator may have to configure; for the log alone. */
  readonly hint?: string | undefined
}

/** A verdict. */
export type Outcome<T> = Accepted<T> | Refusal

/** A verdict after it was entered into the log, or what kept it from being reached. */
export type Settled<T> =
  | { readonly value: T; readonly error: null }
  | { readonly value: null; readonly error: AuthError }

/** Accepts. */
export const accept = <T>(accepted: T): Accepted<T> => ({ accepted })

/** Refuses. @param about - whom the token belongs to, where that was proven */
export const refuse = (refused: RejectionReason, about?: TokenOwner): Refusal => ({ refused, about })

/** Whether a verdict is a refusal. */
export const isRefusal = (outcome: Outcome<unknown> | undefined): outcome is Refusal =>
  outcome !== undefined && Object.hasOwn(outcome, 'refused')

/** The code of the error that a refusal becomes. */
export const codeOf = ({ refused, code }: Refusal): AuthErrorCode => code ?? REFUSALS[refused]

/** The error that a public method throws for a refusal. */
export const errorOf = (refusal: Refusal): AuthError =>
  new AuthError(codeOf(refusal), refusal.message, {
    reason: refusal.refused,
    about: refusal.about,
    hint: refusal.hint,
  })
