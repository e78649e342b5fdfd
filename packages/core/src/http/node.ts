/** Node.js messages, both ways, by their shape alone: Express, Koa, Fastify and `node:http` all hand them around. */

import { AuthError } from '../errors.js'
import { type AuthReply, type AuthRequest, type Header, isAppended, NO_STORE, sourceOf } from './message.js'

type Listener = (chunk: Uint8Array) => void

/** What is needed of an `IncomingMessage`. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly rawHeaders?: readonly string[]
  readonly socket?: { readonly remoteAddress?: string | undefined } | null
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
  /** The client's address, by the application's own rules about proxies; a function is asked only where it is needed. */
  readonly ip?: string | (() => string | undefined) | undefined
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
      new AuthError('request_too_large', `The body exceeds ${limit} bytes.`, { reason: 'body_too_large' })
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

const NONE: readonly string[] = []

class FromNode implements AuthRequest {
  readonly method: string
  readonly url: string
  readonly #raw: NodeRequest
  readonly #details: NodeRequestDetails
  #source: AuthRequest['source'] | undefined

  constructor(raw: NodeRequest, details: NodeRequestDetails) {
    this.method = raw.method ?? 'GET'
    this.url = details.url ?? raw.url ?? '/'
    this.#raw = raw
    this.#details = details
  }

  /** Counted in the raw list: `headers` hides the second of two lines, `headersDistinct` copies everything. */
  header(name: string): readonly string[] {
    const { rawHeaders, headers } = this.#raw
    const value = headers[name]
    if (!rawHeaders || value === undefined) return value === undefined ? NONE : [value].flat()
    const values: string[] = []
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const key = rawHeaders[at] as string
      if (key.length === name.length && key.toLowerCase() === name) values.push(rawHeaders[at + 1] as string)
    }
    return values.length > 0 ? values : [value].flat()
  }

  host(): string | undefined {
    const authority = this.header(':authority')
    const hosts = authority.length > 0 ? authority : this.header('host')
    return hosts.length === 1 ? hosts[0] : undefined
  }

  /** Kept: once the socket is gone, so is its address. */
  get source() {
    const { ip } = this.#details
    const address = typeof ip === 'function' ? ip() : (ip ?? this.#raw.socket?.remoteAddress)
    this.#source ??= sourceOf((name) => this.header(name), address)
    return this.#source
  }

  async body(limit: number): Promise<unknown> {
    const raw = this.#raw
    const { body } = this.#details
    if (isParsed(body, raw)) return body instanceof Uint8Array ? new TextDecoder().decode(body) : body
    if (raw.readableDidRead || raw.readableEnded || raw.destroyed) return undefined
    return readText(raw, limit)
  }
}

/**
 * Presents a Node.js request to the library.
 *
 * @example
 * const { value, error } = await http.authenticate(fromNodeRequest(upgradeRequest))
 */
export const fromNodeRequest = (raw: NodeRequest, details: NodeRequestDetails = {}): AuthRequest =>
  new FromNode(raw, details)

/** What is needed of a `ServerResponse`. */
export interface NodeResponse {
  readonly headersSent: boolean
  statusCode: number
  getHeader(name: string): number | string | readonly string[] | undefined
  setHeader(name: string, value: string | readonly string[]): unknown
  writeHead(...head: never[]): unknown
  end(body?: string): unknown
}

type Head = readonly [status: number, ...rest: unknown[]]

/** Headers that wait for the moment in which a response's head is written. */
const pending = new WeakMap<object, Header[]>()

const append = (res: NodeResponse, name: string, value: string): void => {
  const known = res.getHeader(name)
  const lines = known === undefined ? [] : Array.isArray(known) ? known : [String(known)]
  if (name.toLowerCase() === 'vary') res.setHeader(name, [...lines, value].join(', '))
  else res.setHeader(name, [...lines, value])
}

/** Sets headers that were handed to `writeHead` one by one: it would replace those of the same name. */
const takeOver = (res: NodeResponse, given: unknown): void => {
  if (typeof given !== 'object' || given === null) return
  const flat = Array.isArray(given) && !Array.isArray(given[0])
  const pairs = Array.isArray(given) ? (flat ? pairsOf(given) : given) : Object.entries(given)
  const fresh = new Set<string>()
  for (const [name, value] of pairs as [string, string | string[]][]) {
    const key = name.toLowerCase()
    if (Array.isArray(given) && key === 'set-cookie' && fresh.has(key)) append(res, name, String(value))
    else res.setHeader(name, value)
    fresh.add(key)
  }
}

const pairsOf = (flat: readonly unknown[]): unknown[][] =>
  Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]])

/** Appends what has waited; a response that carries cookies of ours is stored by no cache. */
const settleHead = (res: NodeResponse): void => {
  const headers = pending.get(res) ?? []
  pending.delete(res)
  for (const [name, value] of headers) append(res, name, value)
  if (headers.some(([name]) => name === 'Set-Cookie')) res.setHeader(...NO_STORE)
}

/** Holds cookies back until the head is written: whatever handlers and error pages do to headers, they leave with it. */
const appendLater = (res: NodeResponse, header: Header): void => {
  const waiting = pending.get(res)
  if (waiting) {
    waiting.push(header)
    return
  }
  pending.set(res, [header])
  const writeHead = res.writeHead as (...head: Head) => unknown
  Object.assign(res, {
    writeHead: (...[status, ...rest]: Head) => {
      const given = rest.at(-1)
      const reason = typeof rest[0] === 'string' ? [rest[0]] : []
      takeOver(res, given)
      settleHead(res)
      Object.assign(res, { writeHead })
      return writeHead.call(res, status, ...reason)
    },
  })
}

/** Refuses to promise cookies to a response that has left. @throws AuthError `response_started` */
export const assertNotStarted = (res: Pick<NodeResponse, 'headersSent'>): void => {
  if (res.headersSent) {
    throw new AuthError(
      'response_started',
      'The headers of the response have been sent already: no cookie can be set.',
    )
  }
}

/** HTTP/2 responses write their head without `writeHead`. */
const isHttp2 = (res: object): boolean => 'stream' in res

/**
 * Adds headers to a Node.js response. Cookies are appended in the moment in which the head is written, whatever happens to
 * the response until then.
 */
export const addToNode = (res: NodeResponse, headers: readonly Header[]): void => {
  for (const header of headers) {
    const [name, value] = header
    if (name === 'Set-Cookie' && !isHttp2(res)) appendLater(res, header)
    else if (isAppended(name)) append(res, name, value)
    else res.setHeader(name, value)
  }
}

/** Sends a reply on a Node.js response. */
export const toNodeResponse = (res: NodeResponse, { status, headers, body }: AuthReply): void => {
  addToNode(res, headers)
  res.statusCode = status
  if (body === null) {
    res.end()
    return
  }
  res.setHeader('Content-Type', 'application/json; charset=utf-8')
  res.end(JSON.stringify(body))
}
