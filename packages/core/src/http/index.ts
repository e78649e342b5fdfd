/** `@auth/core/http`: the library over HTTP as plain data, for authors of adapters. */

export { NO_STORE } from './challenge.js'
export { type FetchRequestDetails, fromFetchRequest } from './fetch-request.js'
export type { GuardOptions, GuardOutcome } from './guard.js'
export { createHttpAuth, type HttpAuth } from './http-auth.js'
export type { CookieOptions, HttpAuthOptions, HttpOptions, RetiredCookie } from './http-options.js'
export type { AuthReply, AuthRequest, Header } from './message.js'
export { fromNodeRequest, type NodeRequest, type NodeRequestDetails } from './node-request.js'
export type { HttpLoginInput, SignedIn, TokenResponse, WithHeaders } from './sign-in.js'
