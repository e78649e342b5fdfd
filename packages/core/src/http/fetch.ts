/** Messages of the Fetch standard, both ways: Hono, Bun, Deno and Workers hand them around. */

import { AuthError } from '../errors.js'
import { type AuthReply, type AuthRequest, type Header, isAppended, NO_STORE, sourceOf } from './message.js'

/** What a framework knows better than the raw request. */
export interface FetchRequestDetails {
  /** The body as text, where the framework has read it already. */
  readonly body?: (() => Promise<string>) | undefined
  /** The client's address, by the application's own rules about proxies; a function is asked only where it is needed. */
  readonly ip?: string | (() => string | undefined) | undefined
}

const cutOff = (): AuthError =>
  new AuthError('invalid_request', 'The body ended early.', { reason: 'bad_request' })

/** Reads up to `limit` bytes of a copy, so that the application can still read the body itself. */
const readText = async (request: Request, limit: number): Promise<string> => {
  const decoder = new TextDecoder()
  let size = 0
  let text = ''
  for (const reader = request.clone().body?.getReader(); reader; ) {
    const { done, value } = await reader.read().catch(() => {
      throw cutOff()
    })
    if (done) break
    size += value.length
    if (size > limit) {
      void reader.cancel()
      throw new AuthError('request_too_large', `The body exceeds ${limit} bytes.`, {
        reason: 'body_too_large',
      })
    }
    text += decoder.decode(value, { stream: true })
  }
  return text + decoder.decode()
}

class FromFetch implements AuthRequest {
  readonly method: string
  readonly #request: Request
  readonly #details: FetchRequestDetails

  constructor(request: Request, details: FetchRequestDetails) {
    this.method = request.method
    this.#request = request
    this.#details = details
  }

  get url(): string {
    const { pathname, search } = new URL(this.#request.url)
    return pathname + search
  }

  /** The standard joins repeated headers; a joined `Authorization` is refused. */
  header(name: string): readonly string[] {
    const value = this.#request.headers.get(name)
    return value === null ? [] : [value]
  }

  host(): string | undefined {
    return new URL(this.#request.url).host
  }

  get source() {
    const { ip } = this.#details
    return sourceOf((name) => this.header(name), typeof ip === 'function' ? ip() : ip)
  }

  async body(limit: number): Promise<unknown> {
    if (!this.#request.bodyUsed) return readText(this.#request, limit)
    const { body } = this.#details
    if (!body) return ''
    return body().catch(() => {
      throw cutOff()
    })
  }
}

/** Presents a Fetch request to the library. */
export const fromFetchRequest = (request: Request, details: FetchRequestDetails = {}): AuthRequest =>
  new FromFetch(request, details)

/**
 * Gives a response with headers added: cookies appended, and kept out of caches. A response whose headers cannot be
 * changed, of `fetch` or `Response.redirect` for instance, is copied.
 */
export const addToFetch = (response: Response, headers: readonly Header[]): Response => {
  if (headers.length === 0) return response
  const added = new Response(response.body, response)
  for (const [name, value] of headers) {
    if (isAppended(name)) added.headers.append(name, value)
    else added.headers.set(name, value)
  }
  if (headers.some(([name]) => name === 'Set-Cookie')) added.headers.set(...NO_STORE)
  return added
}

/** Makes a response of a reply. */
export const toFetchResponse = ({ status, headers, body }: AuthReply): Response => {
  const type: Record<string, string> = body ? { 'Content-Type': 'application/json' } : {}
  return addToFetch(new Response(body && JSON.stringify(body), { status, headers: type }), headers)
}
