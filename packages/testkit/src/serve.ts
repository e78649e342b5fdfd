/** Real sockets for the HTTP contract: a server on a free port, and requests that arrive exactly as they were written. */

import { type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ContractServer } from '@auth/contracts'

const read = async (message: IncomingMessage): Promise<Response> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of message) chunks.push(chunk)
  const headers = new Headers()
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] as string, message.rawHeaders[at + 1] as string)
  }
  const status = message.statusCode as number
  return new Response([204, 304].includes(status) ? null : Buffer.concat(chunks), { status, headers })
}

/** Like `fetch`, but every header is sent as given, repeated ones as several lines; `fetch` decides about some itself. */
const send = (
  base: string,
  path: string,
  { method = 'GET', headers = {}, body }: RequestInit = {},
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const text = body instanceof URLSearchParams ? body.toString() : ((body as string | undefined) ?? '')
    const outgoing = request(base + path, { method, agent: false }, (message) =>
      read(message).then(resolve, reject),
    )
    const pairs = Array.isArray(headers) ? headers : Object.entries(headers as Record<string, string>)
    if (body instanceof URLSearchParams) pairs.push(['content-type', 'application/x-www-form-urlencoded'])
    for (const [name, value] of pairs) if (value !== '') outgoing.appendHeader(name, value)
    outgoing.on('error', reject)
    if (text === '') outgoing.end()
    else outgoing.end(text)
  })

/** Serves an application on a free port of the loopback interface. */
export const serve = (
  listen: (port: number, host: string, ready: () => void) => Server,
): Promise<ContractServer> =>
  new Promise((resolve) => {
    const server = listen(0, '127.0.0.1', () => {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      resolve({
        fetch: (path, init) => send(base, path, init),
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            server.closeAllConnections()
          }),
      })
    })
  })
