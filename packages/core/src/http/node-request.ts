/** Reads a Node.js `IncomingMessage`, by its shape alone: Express, Koa, Fastify and `node:http` all hand one around. */

import { AuthError } from '../errors.js'
import { type AuthRequest, originOf } from './message.js'

type Listener = (chunk: Uint8Array) => void

/** What is needed of an `IncomingMessage`. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly headersDistinct?: Readonly<Record<string, readonly string[] | undefined>>
  readonly readableDidRead?: boolean
  readonly readableEnded?: boolean
  readonly destroyed?: boolean
  on(event: string, listener: Listener): unknown
  off(event: string, listener: Listener): unknown
  resume(): unknown
}

/** What a framework knows better than the raw request. */
export interface NodeRequestDetails {
  /** Path and query before mounting. Default: the raw request's. */
  readonly url?: string | undefined
  /** The body as the framework parsed it, if it did. */
  readonly body?: unknown
  /** The client's address, by the application's own rules about proxies. */
  readonly ip?: string | undefined
}

/** Reads up to `limit` bytes; what exceeds it is drained, so that the refusal can still be sent. */
const readText = (raw: NodeRequest, limit: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    const settle = (finish: () => void) => () => {
      for (const [event, listener] of Object.entries(listeners)) raw.off(event, listener)
      finish()
    }
    const aborted = () => new AuthError('invalid_request', 'The body ended early.', { reason: 'bad_request' })
    const tooLarge = () =>
      new AuthError('request_too_large', `The body exceeds ${limit} bytes.`, { reason: 'bad_request' })
    const listeners: Record<string, Listener> = {
      data: (chunk) => {
        size += chunk.length
        if (size <= limit) chunks.push(chunk)
        else
          settle(() => {
            raw.resume()
            reject(tooLarge())
          })()
      },
      end: settle(() => resolve(joined(chunks, size))),
      error: settle(() => reject(aborted())),
      close: settle(() => reject(aborted())),
    }
    for (const [event, listener] of Object.entries(listeners)) raw.on(event, listener)
  })

const joined = (chunks: readonly Uint8Array[], size: number): string => {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return new TextDecoder().decode(bytes)
}

/** A parser that met a foreign content type leaves `{}` behind and the stream unread: then the body is still to come. */
const isParsed = (body: unknown, raw: NodeRequest): boolean =>
  body !== undefined && (raw.readableDidRead !== false || Object.keys(Object(body)).length > 0)

/**
 * Presents a Node.js request to the library.
 *
 * @example
 * const principal = await httpAuth.authenticate(fromNodeRequest(upgradeRequest))
 */
export const fromNodeRequest = (raw: NodeRequest, details: NodeRequestDetails = {}): AuthRequest => {
  const header = (name: string): readonly string[] => {
    const distinct = raw.headersDistinct?.[name]
    return distinct ?? [raw.headers[name] ?? []].flat()
  }
  return {
    method: raw.method ?? 'GET',
    url: details.url ?? raw.url ?? '/',
    header,
    origin: originOf(header, details.ip),
    body: async (limit) => {
      const { body } = details
      if (isParsed(body, raw)) return body instanceof Uint8Array ? new TextDecoder().decode(body) : body
      if (raw.readableDidRead || raw.readableEnded || raw.destroyed) return undefined
      return readText(raw, limit)
    },
  }
}
