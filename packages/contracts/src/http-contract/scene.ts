/** What the HTTP contract plays with: a server in a framework, browsers and bearer clients before it, a clock, a store. */

import type { AuthEvent, TokenStore } from '@auth/core'
import type { HttpAuthOptions } from '@auth/core/http'
import { type FakeClock, fakeClock } from '../fake-clock.js'
import { modelStore } from '../model-store/model-store.js'

/** A running application under test. */
export interface ContractServer {
  /**
   * Sends one request to a path of the server. Follows no redirect and keeps no cookie. A header of empty value is not
   * sent; headers given as a list of pairs are sent as so many lines.
   */
  fetch(path: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

/** A cookie jar by the rules of a browser. */
export interface BrowserJar {
  /** The value of the `Cookie` header for a URL; empty where there is none. */
  cookies(url: string): Promise<string>
  /** Keeps or drops what the `Set-Cookie` lines of a response from this URL say. */
  keep(url: string, lines: readonly string[]): Promise<void>
}

/**
 * An adapter under test, in the application that its test builds for the contract. All replies are JSON.
 *
 * - `POST /login` `{subject, remember?, transport?}`: sets a cookie `own=1; Path=/` of its own, signs in, 200
 *   `{subject}` with the tokens of a bearer client spread into it
 * - `/me`, every method: guarded, 200 with the principal
 * - `/maybe`, every method: guarded `{optional: true}`, 200 `{subject}` or `{subject: null}`
 * - `GET /raw`: guarded, 200 by a response that the handler makes without the framework's helpers
 * - `GET /cached`: guarded `{optional: true}`, 200 with `Cache-Control: public, s-maxage=600`
 * - `GET /broken`: guarded, throws an `Error`, which the framework answers with 500
 * - `POST /login-raw` `{subject}`: signs in, then answers 303 with a cookie `own=1; Path=/` by a response of its own making
 * - `GET /recent`: guarded `{maxAuthAge: 60}`, 200 with the principal
 * - `GET /strict`: guarded `{revocation: 'store'}`, 200 with the principal
 * - `POST /password`: guarded, revokes the subject but keeps this session, 204
 * - `GET /fault`: not guarded, awaits `auth.sessions('anybody')`, 200
 * - everything else: 404
 */
export interface HttpUnderTest {
  /** Starts the application of the contract (`docs/http-contract.md` spells it out) with these options. */
  start(options: HttpAuthOptions<{ role: string }>): Promise<ContractServer>
  /** Creates an empty jar: one for each browser of a clause. */
  jar(): BrowserJar
}

/** The origin that browsers of the contract see. */
export const ORIGIN = 'https://app.example.test'
const SECRET = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'

/** One client with its own cookies. */
export interface Browser {
  /** Sends a request as a page of the site would, and keeps the cookies of the response unless it gets lost. */
  send(method: string, path: string, init?: BrowserInit): Promise<Response>
  /** The value of one cookie, by the end of its name. */
  cookie(name: 'access_token' | 'refresh_token'): Promise<string | undefined>
  /** Signs in as a subject. */
  login(subject?: string, body?: object): Promise<Response>
  readonly jar: BrowserJar
}

/** What a browser adds to a request. */
export interface BrowserInit {
  readonly headers?: Record<string, string>
  readonly json?: unknown
  /** The response never arrives: its cookies are not kept. */
  readonly lost?: boolean
}

/** The stage of a clause. */
export interface Scene {
  readonly server: ContractServer
  readonly clock: FakeClock
  readonly events: readonly AuthEvent[]
  /** The store of the application; while `down`, every call to it fails. */
  readonly fault: { down: boolean; claims: 'role' | 'null' | 'throw' }
  browser(): Browser
  /** Signs in without cookies; the tokens of the response. */
  bearer(subject?: string): Promise<BearerTokens>
  /** Sends a bearer request, written as `GET /me`. */
  send(request: string, token?: string, json?: unknown): Promise<Response>
}

/** The token response of a bearer client. */
export interface BearerTokens {
  readonly access_token: string
  readonly refresh_token: string
}

const withJson = (headers: Record<string, string>, json: unknown): RequestInit =>
  json === undefined
    ? { headers }
    : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(json) }

const browserOf = (server: ContractServer, jar: BrowserJar): Browser => {
  const send: Browser['send'] = async (method, path, { headers = {}, json, lost = false } = {}) => {
    const url = `${ORIGIN}${path}`
    const cookie = await jar.cookies(url)
    const own = { 'sec-fetch-site': 'same-origin', origin: ORIGIN, ...(cookie ? { cookie } : {}) }
    const response = await server.fetch(path, { method, ...withJson({ ...own, ...headers }, json) })
    if (!lost) await jar.keep(url, response.headers.getSetCookie())
    return response
  }
  return {
    send,
    jar,
    login: (subject = 'alice', body = {}) => send('POST', '/login', { json: { subject, ...body } }),
    cookie: async (name) => {
      const pairs = (await jar.cookies(`${ORIGIN}/auth/refresh`)).split('; ')
      return pairs.find((pair) => pair.split('=')[0]?.endsWith(name))?.split('=')[1]
    },
  }
}

/** A store whose every call fails while `fault.down` is set. */
const breakable = (store: TokenStore, fault: Scene['fault']): TokenStore =>
  new Proxy(store, {
    get: (target, name) => {
      const member = target[name as keyof TokenStore]
      // A subscription is no call that could be answered: it says nothing while the store is down.
      if (typeof member !== 'function' || name === 'onMarks') return member
      return async (...args: never[]) => {
        if (fault.down) throw new Error('connection refused')
        return (member as (...args: never[]) => unknown).apply(target, args)
      }
    },
  })

const claimsBy = (fault: Scene['fault']) => async () => {
  if (fault.claims === 'throw') throw new Error('users table locked')
  return fault.claims === 'null' ? null : { role: 'reader' }
}

/** Sets the stage: a production server with a store and a clock of its own. */
export const openScene = async (
  { start, jar }: HttpUnderTest,
  changes: Partial<HttpAuthOptions<{ role: string }>> = {},
): Promise<Scene> => {
  const clock = fakeClock()
  const events: AuthEvent[] = []
  const fault: Scene['fault'] = { down: false, claims: 'role' }
  const server = await start({
    secret: SECRET,
    environment: 'production',
    store: breakable(modelStore(clock.now), fault),
    claims: claimsBy(fault),
    now: clock.now,
    onEvent: (event) => events.push(event),
    ...changes,
  })
  const send: Scene['send'] = (request, token, json) => {
    const [method, path] = request.split(' ') as [string, string]
    return server.fetch(path, {
      method,
      ...withJson(token ? { authorization: `Bearer ${token}` } : {}, json),
    })
  }
  const bearer: Scene['bearer'] = async (subject = 'alice') => {
    const response = await send('POST /login', undefined, { subject, transport: 'bearer' })
    return (await response.json()) as BearerTokens
  }
  return { server, clock, events, fault, send, bearer, browser: () => browserOf(server, jar()) }
}
