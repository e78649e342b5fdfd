/** Request and reply as plain data: all that the library ever sees of HTTP. Adapters convert, nothing else. */

import type { RequestSource } from '../audit/event.js'
import { MAX_EXCERPT } from '../limits.js'

/** An HTTP request. Header values are lists: two `Authorization` headers must be seen as two. */
export interface AuthRequest {
  readonly method: string
  /** Path and query as the client sent them, before any mounting. */
  readonly url: string
  /** All values of a header, by its lower-case name; empty where it is absent. */
  header(name: string): readonly string[]
  /** The one host, with its port, that the request was sent to; undefined where it names none or several. */
  host(): string | undefined
  /**
   * The body: an object where the framework has parsed it, else its text. Called only where a verb needs it.
   * Must stop reading after `limit` bytes and reject with `request_too_large`.
   */
  body(limit: number): Promise<unknown>
  /** Where the request came from, for the audit log. */
  readonly source: RequestSource
}

/** A response header. `Set-Cookie` may occur several times and must be appended, never overwritten. */
export type Header = readonly [name: string, value: string]

/** An HTTP response. A body of null means none. */
export interface AuthReply {
  readonly status: number
  /** `Set-Cookie` and `Vary` are appended to what the application has set, others replace. */
  readonly headers: readonly Header[]
  /** To be sent as JSON. */
  readonly body: object | null
}

/** Keeps tokens and verdicts out of caches. */
export const NO_STORE: Header = ['Cache-Control', 'no-store']

const APPENDED = new Set(['set-cookie', 'vary'])

/** Whether a header is appended to those of the same name that stand there already. */
export const isAppended = (name: string): boolean => APPENDED.has(name.toLowerCase())

/** The one value of a header; undefined where it is absent, null where it was sent several times. */
export const singleHeader = (request: AuthRequest, name: string): string | undefined | null => {
  const values = request.header(name)
  return values.length > 1 ? null : values[0]
}

/** Where a request came from, for the audit log; what the client chose itself is cut short. */
export const sourceOf = (header: AuthRequest['header'], ip: string | undefined): RequestSource => ({
  ip,
  requestId: header('x-request-id')[0]?.slice(0, MAX_EXCERPT),
  userAgent: header('user-agent')[0]?.slice(0, MAX_EXCERPT),
})

/** The path of a request, without query. */
export const pathOf = ({ url }: AuthRequest): string => url.split('?', 1)[0] ?? ''

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Whether a request can change nothing: an unknown method can, and so can a WebSocket once it is open. */
export const isSafe = (request: AuthRequest): boolean =>
  SAFE_METHODS.has(request.method.toUpperCase()) && request.header('upgrade').length === 0
