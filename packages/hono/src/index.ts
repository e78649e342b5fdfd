/** `@auth/hono`: sessions on signed tokens for Hono, with the memory store to begin with. */

export { AuthError, type AuthEvent, isAuthError, jsonLines, loggerSink, type Principal } from '@auth/core'
export { replyTo, toFetchResponse } from '@auth/core/http'
export * from '@auth/store-memory'
export { createAuth, type Guard, type HonoAuth } from './hono-auth.js'
