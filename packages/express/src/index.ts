/** `@auth/express`: sessions on signed tokens for Express 4.18 and 5, with the memory store to begin with. */

export { AuthError, type AuthEvent, isAuthError, jsonLines, loggerSink, type Principal } from '@auth/core'
export { replyTo, toNodeResponse } from '@auth/core/http'
export * from '@auth/store-memory'
export { createAuth, type ExpressAuth, type Guard } from './express-auth.js'
