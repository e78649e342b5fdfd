/** `@auth/core/http`: the library over HTTP as plain data, for authors of adapters. */

export type { MaybePromise } from '../maybe-promise.js'
export { addToFetch, type FetchRequestDetails, fromFetchRequest, toFetchResponse } from './fetch.js'
export type { Guard, GuardOptions, GuardOutcome } from './guard.js'
export { createHttpAuth, type HttpAuth, type HttpOutcome } from './http-auth.js'
export type { CookieOptions, HttpAuthOptions, HttpOptions, RetiredCookie } from './http-options.js'
export { type AuthReply, type AuthRequest, type Header, NO_STORE } from './message.js'
export {
  addToNode,
  assertNotStarted,
  fromNodeRequest,
  type NodeRequest,
  type NodeRequestDetails,
  type NodeResponse,
  toNodeResponse,
} from './node.js'
export { replyTo } from './reply-to.js'
export type { HttpLoginInput, SignedIn, TokenResponse } from './sign-in.js'
export type { OldSession, ReaderRequest, TakeoverOptions, TakeoverReader } from './takeover-reader.js'
export { type Conversions, type HttpVerbs, verbsOf } from './verbs-of.js'
