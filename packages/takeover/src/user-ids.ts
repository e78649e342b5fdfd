/** The application's user ids and the subjects of tokens: one is made from the other, both ways, in one place. */

import { AuthError } from '@auth/core'

const MAX_SUBJECT = 255

/** How user ids become subjects and subjects become user ids. Both directions belong together. */
export interface UserIds<Id = string> {
  /** The subject of the user whose id an old session holds; null where the value is no user id. */
  subjectOf(id: unknown): string | null
  /**
   * The user id that a subject stands for.
   *
   * @throws AuthError `invalid_argument` where the subject stands for none.
   */
  idOf(subject: string): Id
}

/** Whether a value can be the subject of a token. */
export const isSubject = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= MAX_SUBJECT &&
  !/\p{Surrogate}/u.test(value)

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** A whole number, written as such: `42`, never `042` or `4.2e1`, so that one user has one subject. */
const isDecimal = (value: unknown): value is string =>
  typeof value === 'string' && /^(0|[1-9]\d{0,15})$/.test(value) && isId(Number(value))

const numberOf = (subject: string): number => {
  if (!isDecimal(subject)) {
    throw new AuthError('invalid_argument', 'The subject does not stand for a numeric user id.')
  }
  return Number(subject)
}

/** Ids that are strings. A whole number in an old session stands for its decimal form. The default. */
export const stringIds: UserIds = {
  subjectOf: (id) => (isSubject(id) ? id : isId(id) ? String(id) : null),
  idOf: (subject) => subject,
}

/** Ids that are whole numbers: 42 in the old session and in the users table, `'42'` in tokens. */
export const numericIds: UserIds<number> = {
  subjectOf: (id) => (isId(id) || isDecimal(id) ? String(id) : null),
  idOf: numberOf,
}
