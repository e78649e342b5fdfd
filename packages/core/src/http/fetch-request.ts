/** Reads a `Request` of the Fetch standard: Hono, Bun, Deno and Workers hand one around. */

import { AuthError } from '../errors.js'
import { type AuthRequest, originOf } from './message.js'

/** What a framework knows better than the raw request. */
export interface FetchRequestDetails {
  /** The body as text, where the framework has read it already. */
  readonly body?: (() => Promise<string>) | undefined
  /** The client's address, by the application's own rules about proxies. */
  readonly ip?: string | undefined
}

/** Reads up to `limit` bytes of a copy, so that the application can still read the body itself. */
const readText = async (request: Request, limit: number): Promise<string> => {
  const decoder = new TextDecoder()
  let size = 0
  let text = ''
  for (const reader = request.clone().body?.getReader(); reader; ) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > limit) {
      void reader.cancel()
      throw new AuthError('request_too_large', `The body exceeds ${limit} bytes.`, { reason: 'bad_request' })
    }
    text += decoder.decode(value, { stream: true })
  }
  return text + decoder.decode()
}

/** Presents a Fetch request to the library. The standard joins repeated headers; a joined `Authorization` is refused. */
export const fromFetchRequest = (request: Request, details: FetchRequestDetails = {}): AuthRequest => {
  const header = (name: string): readonly string[] => {
    const value = request.headers.get(name)
    return value === null ? [] : [value]
  }
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    url: pathname + search,
    header,
    origin: originOf(header, details.ip),
    body: (limit) =>
      request.bodyUsed ? (details.body?.() ?? Promise.resolve('')) : readText(request, limit),
  }
}
