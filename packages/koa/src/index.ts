/** `@auth/koa`: sessions on signed tokens for Koa 2.16 and 3, with the memory store to begin with. */

export { AuthError, type AuthEvent, isAuthError, jsonLines, loggerSink, type Principal } from '@auth/core'
export { replyTo } from '@auth/core/http'
export * from '@auth/store-memory'
export { createAuth, type KoaAuth } from './koa-auth.js'
