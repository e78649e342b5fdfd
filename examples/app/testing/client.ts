/** A client with a cookie jar: a browser without a page, or, with a token, a mobile app. */

import { browserJar } from '@auth/testkit'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly cookies: string[]
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came back
  readonly body: any
}

export interface Client {
  /** Sends a request, for instance `POST /login`, with an object as JSON or a text as it is. */
  send(route: string, body?: object | string, headers?: Record<string, string>): Promise<Answer>
  /** The same client, cookies and all, at another address of the same site. */
  at(url: string): Client
}

export const DEMO = { email: 'demo@example.com', password: 'correct horse battery staple' }
export const SECOND = { ...DEMO, email: 'second@example.com' }

/** @param seenAs - the address as the browser sees it, for a server behind a TLS proxy */
export const client = (url: string, seenAs = url, jar = browserJar()): Client => {
  return {
    at: (other) => client(other, seenAs, jar),
    send: async (route, body, headers = {}) => {
      const [method, path] = route.split(' ') as [string, string]
      const cookie = await jar.cookies(seenAs + path)
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(cookie ? { cookie } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const cookies = response.headers.getSetCookie()
      await jar.keep(seenAs + path, cookies)
      const text = await response.text()
      const json = response.headers.get('content-type')?.includes('json')
      return {
        status: response.status,
        headers: response.headers,
        cookies,
        body: json ? JSON.parse(text) : text,
      }
    },
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
