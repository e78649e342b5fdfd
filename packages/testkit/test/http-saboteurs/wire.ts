/** What a saboteur of the HTTP contract is, and the ways to meddle with what goes over the wire. */

import type { HttpUnderTest } from '@auth/contracts'

export type Start = HttpUnderTest['start']
export type Options = Parameters<Start>[0]
export type Wire = (
  request: { path: string; init: RequestInit & { headers: [string, string][] } },
  send: Send,
) => Promise<Response>
export type Send = (path: string, init: RequestInit) => Promise<Response>

const pairsOf = (headers: HeadersInit = {}): [string, string][] =>
  (Array.isArray(headers) ? headers : Object.entries(headers as Record<string, string>)) as [string, string][]

/** An adapter that meddles with what goes over the wire. */
export const onWire =
  (meddle: Wire) =>
  (start: Start): Start =>
  async (options) => {
    const server = await start(options)
    return {
      ...server,
      fetch: (path, init = {}) => {
        const headers = pairsOf(init.headers).map(([name, value]): [string, string] => [
          name.toLowerCase(),
          value,
        ])
        return meddle({ path, init: { ...init, headers } }, (to, given) => server.fetch(to, given))
      },
    }
  }

export const onResponse = (change: (response: Response, path: string) => Response | Promise<Response>) =>
  onWire(async ({ path, init }, send) => change(await send(path, init), path))

export const onRequest = (
  change: (init: { headers: [string, string][] } & RequestInit, path: string) => RequestInit,
) => onWire(({ path, init }, send) => send(path, change(init, path)))

/** The same response with other lines of cookies. */
export const withCookies = (response: Response, lines: readonly string[]): Response => {
  const headers = new Headers(response.headers)
  headers.delete('set-cookie')
  for (const line of lines) headers.append('set-cookie', line)
  return new Response(response.body, { status: response.status, headers })
}

export const onCookies = (change: (lines: readonly string[], response: Response) => readonly string[]) =>
  onResponse((response) => withCookies(response, change(response.headers.getSetCookie(), response)))

export const withHeader = (response: Response, name: string, value: string | null): Response => {
  const headers = new Headers(response.headers)
  if (value === null) headers.delete(name)
  else headers.set(name, value)
  return new Response(response.body, { status: response.status, headers })
}

export const withStatus = (response: Response, status: number): Response =>
  new Response(status === 204 ? null : response.body, { status, headers: response.headers })

export const withBody = (response: Response, body: object): Response => {
  const { status } = response
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  return new Response(JSON.stringify(body), { status, headers })
}

export const without = (headers: [string, string][], ...names: string[]) =>
  headers.filter(([name]) => !names.includes(name))
export const isTokenCookie = (line: string) => line.includes('token=')
/** Adapters by what is wrong with them. */
export type Saboteurs = Record<string, (start: Start) => Start>
