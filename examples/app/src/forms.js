/** What comes in and what goes out when something is wrong with it: request bodies and error replies. */

import { isAuthError } from '@auth/core'

const MIN_PASSWORD = 8

class BadRequest extends Error {
  status = 400
}

/** @param {unknown} condition @param {string} message @returns {asserts condition} */
const must = (condition, message) => {
  if (!condition) throw new BadRequest(message)
}

/** @param {unknown} body @returns {Record<string, unknown>} */
const object = (body) => {
  must(typeof body === 'object' && body !== null && !Array.isArray(body), 'Send a JSON object.')
  return /** @type {Record<string, unknown>} */ (body)
}

/**
 * Reads the body of `POST /login`, or throws an error with status 400.
 *
 * @param {unknown} body
 * @returns {{ email: string, password: string, remember: boolean | undefined, transport: 'cookie' | 'bearer' | undefined }}
 */
export const loginForm = (body) => {
  const { email, password, remember, transport } = object(body)
  must(typeof email === 'string' && email !== '', 'email must be a text.')
  must(typeof password === 'string' && password !== '', 'password must be a text.')
  must(remember === undefined || typeof remember === 'boolean', 'remember must be true or false.')
  must(
    transport === undefined || transport === 'cookie' || transport === 'bearer',
    'transport must be "cookie" or "bearer".',
  )
  return { email, password, remember, transport }
}

/**
 * Reads the body of `POST /password`, or throws an error with status 400.
 * @param {unknown} body
 */
export const passwordForm = (body) => {
  const { current, next } = object(body)
  must(typeof current === 'string' && current !== '', 'current must be a text.')
  must(
    typeof next === 'string' && next.length >= MIN_PASSWORD,
    `A new password needs at least ${MIN_PASSWORD} characters.`,
  )
  return { current, next }
}

/**
 * Says how to answer a request that failed: our own errors, the library's and those of body parsers carry a status;
 * everything else is a bug, goes to the log and leaves as a 500 that says nothing.
 *
 * @param {any} error
 * @returns {{ status: number, headers: Record<string, any>, body: { error: string, error_description?: string } }}
 */
export const errorReply = (error) => {
  const status = error?.status >= 400 && error.status < 600 ? error.status : 500
  if (isAuthError(error) && status !== 500) {
    const words = status < 500 ? { error_description: error.message } : {}
    return { status, headers: { ...error.headers }, body: { error: error.code, ...words } }
  }
  if (status < 500) {
    const words = error instanceof BadRequest ? error.message : 'The request cannot be read.'
    return { status, headers: {}, body: { error: 'invalid_request', error_description: words } }
  }
  console.error(error)
  return { status: 500, headers: {}, body: { error: 'server_error' } }
}
