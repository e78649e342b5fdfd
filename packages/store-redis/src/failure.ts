/** What leaves of a failure. Clients hang the command on their errors, and its arguments hold the seeds of sessions. */

import { AuthError, isAuthError } from '@auth/core'

/** Longest message that leaves, in characters. */
const MAX_MESSAGE = 200
/** Redis repeats the arguments of a command that it does not know. */
const ARGUMENTS = /,? ?with args beginning with.*/s
/** The first word of an error reply. */
const REPLY_CODE = /^[A-Z][A-Z0-9]+(?= )/

/** The error for an answer that did not come: name, message and reply code of what happened, and nothing else of it. */
export const unavailable = (error: unknown): AuthError => {
  if (isAuthError(error)) return error
  const { name, message, code } = Object(error) as { name?: unknown; message?: unknown; code?: unknown }
  const text = String(message ?? 'unknown')
    .replace(ARGUMENTS, '')
    .slice(0, MAX_MESSAGE)
  const replyCode = REPLY_CODE.exec(text)?.[0] ?? code
  const cause = Object.assign(new Error(text), {
    name: typeof name === 'string' ? name : 'Error',
    ...(typeof replyCode === 'string' ? { code: replyCode } : {}),
  })
  return new AuthError('store_unavailable', `Redis cannot answer: ${text}`, { cause })
}

/** The reply code of a failure, such as `NOSCRIPT`; undefined where the server did not reply. */
export const replyCodeOf = (error: unknown): string | undefined =>
  isAuthError(error) ? (error.cause as { readonly code?: string } | undefined)?.code : undefined
