/** Request and reply as plain data: all that the library ever sees of HTTP. Adapters convert, nothing else. */

import type { RequestOrigin } from '../events.js'

/** An HTTP request. Header values are lists: two `Authorization` headers must be seen as two. */
export interface AuthRequest {
  readonly method: string
  /** Path and query as the client sent them, before any mounting. */
  readonly url: string
  /** All values of a header, by its lower-case name; empty where it is absent. */
  header(name: string): readonly string[]
  /**
   * The body: an object where the framework has parsed it, else its text. Called only where a flow needs it.
   * Must stop reading after `limit` bytes and reject with `request_too_large`.
   */
  body(limit: number): Promise<unknown>
  /** Where the request came from, for the audit log. */
  readonly origin: RequestOrigin
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

/** The one value of a header; undefined where it is absent, null where it was sent several times. */
export const singleHeader = (request: AuthRequest, name: string): string | undefined | null => {
  const values = request.header(name)
  return values.length > 1 ? null : values[0]
}

const MAX_LABEL = 256

/** Where a request came from, for the audit log; what the client chose itself is cut short. */
export const originOf = (header: AuthRequest['header'], ip: string | undefined): RequestOrigin => ({
  ip,
  requestId: header('x-request-id')[0]?.slice(0, MAX_LABEL),
})

/** The path of a request, without query. */
export const pathOf = (request: AuthRequest): string => request.url.split('?', 1)[0] ?? ''
