/** The one failure of this store: it cannot take what it is given. */

import { AuthError } from '@auth/core'

/** Makes the error for it, from the end of a sentence about the store. */
export const unavailable = (problem: string): AuthError =>
  new AuthError('store_unavailable', `The memory store ${problem}.`)
