/** The options that HTTP adds to `createAuth`, and every way in which they can be wrong. */

import {
  type Check,
  invalidOptions,
  isBoolean,
  isFunction,
  must,
  oneOf,
  readOptions,
  type Snapshot,
} from '../checks.js'
import {
  AUTH_CHECKS,
  type AuthOptions,
  authProblems,
  isDevelopment,
  type Settings,
  settingsOf,
} from '../options.js'
import { readTakeover, type TakeoverSettings } from './takeover-options.js'
import type { TakeoverOptions } from './takeover-reader.js'

/** A cookie that an earlier release or configuration has set and that is to be expired. */
export interface RetiredCookie {
  /** The whole name, prefix included. */
  readonly name: string
  /** Default: `/`. */
  readonly path?: string | undefined
  /** Default: none, a host-only cookie. */
  readonly domain?: string | undefined
}

/** How cookies are made. The name prefix follows from `domain` and path (RFC 6265bis section 4.1.3). */
export interface CookieOptions {
  /** Shares the cookies with all subdomains of this domain. Default: none, this host only. */
  readonly domain?: string | undefined
  /** `none` is for use inside another site and needs `secure`. Default: `lax`. */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined
  /** False is allowed in development only. Default: true; in development true for `sameSite: 'none'`, else false. */
  readonly secure?: boolean | undefined
  /** Keeps third-party cookies apart per embedding site (CHIPS); needs `sameSite: 'none'`. Default: false. */
  readonly partitioned?: boolean | undefined
  /** Name of the access cookie, without prefix. Default: `access_token`. */
  readonly access?: string | undefined
  /** Name of the refresh cookie, without prefix. Default: `refresh_token`. */
  readonly refresh?: string | undefined
  /** Cookies of earlier names, paths and domains, expired wherever this library sets or clears its own. */
  readonly retired?: readonly RetiredCookie[] | undefined
}

/** What `createHttpAuth`, and with it every adapter's `createAuth`, takes besides the core's options. */
export interface HttpOptions {
  /** Where `endpoints` answers, as the browser sees it; also the path of the refresh cookie. Default: `/auth`. */
  readonly path?: string | undefined
  /**
   * Where `endpoints` answers as the server sees it, behind a gateway that changes the front of paths. Default: `path`
   * and, because gateways strip prefixes, each of its ends: `/shop/auth` answers under `/auth` as well.
   */
  readonly mountPath?: string | undefined
  /** Origins, such as `https://app.example.com`, whose pages may use the cookies. Default: only the server's own. */
  readonly origins?: readonly string[] | undefined
  /** How cookies are made. */
  readonly cookies?: CookieOptions | undefined
  /**
   * `endpoint`: the page asks `POST /auth/refresh`. `silent`: the refresh cookie lies at `/`, and `guard` renews page
   * loads (GET navigations) by itself, for server-rendered pages. Default: `endpoint`.
   */
  readonly renewal?: 'endpoint' | 'silent' | undefined
  /** Takes over the sessions of the mechanism that the application had before. Default: none. */
  readonly takeover?: TakeoverOptions | undefined
  /**
   * Finds the client's address for the audit log, given what the framework hands its handlers: the request of Express,
   * the context of Koa or Hono. Default: the framework's own, by its rules about proxies; none in Hono.
   */
  readonly ip?: ((context: never) => string | undefined) | undefined
}

/** All options of an adapter's `createAuth`. */
export type HttpAuthOptions<C extends object = object> = AuthOptions<C> & HttpOptions

/** The HTTP options with every default in place. */
export interface HttpSettings {
  readonly path: string
  /** The paths under which the endpoints answer. */
  readonly mounts: readonly string[]
  readonly origins: ReadonlySet<string>
  readonly silent: boolean
  readonly takeover: TakeoverSettings | undefined
  readonly ip: ((context: unknown) => string | undefined) | undefined
  readonly cookies: Required<{
    [K in Exclude<keyof CookieOptions, 'domain'>]: NonNullable<CookieOptions[K]>
  }> & {
    readonly domain: string | undefined
  }
}

const TOKEN = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,64}$/
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,=:@%]+\/)*[A-Za-z0-9\-._~!$&'()*+,=:@%]*$/
const DOMAIN =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i

const isText = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)
const isOrigin = (value: unknown): boolean => {
  try {
    return typeof value === 'string' && value !== 'null' && new URL(value).origin === value
  } catch {
    return false
  }
}
const cookieName = must('a cookie name without prefix, at most 64 characters', (value) => {
  return isText(TOKEN)(value) && !/^__(host|secure|http)-/i.test(String(value))
})
const path = must('a path such as "/auth"', isText(PATH))
const domain = must(
  'a domain such as "example.com", without dot, port or scheme at its front',
  isText(DOMAIN),
)
const object = must(
  'an object',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)
const mount = must('a path such as "/auth", without a slash at its end', (value) => {
  return isText(PATH)(value) && value !== '/' && !String(value).endsWith('/')
})

const HTTP_CHECKS: Readonly<Record<keyof HttpOptions, Check>> = {
  path: mount,
  mountPath: mount,
  origins: must(
    'a list of origins such as "https://app.example.com", without a slash at the end',
    (value) => {
      return Array.isArray(value) && value.every(isOrigin)
    },
  ),
  cookies: object,
  renewal: oneOf('endpoint', 'silent'),
  takeover: object,
  ip: isFunction,
}

const COOKIE_CHECKS: Record<keyof CookieOptions, Check> = {
  domain,
  sameSite: oneOf('strict', 'lax', 'none'),
  secure: isBoolean,
  partitioned: isBoolean,
  access: cookieName,
  refresh: cookieName,
  retired: must('a list of { name, path?, domain? }', Array.isArray),
}

const RETIRED_CHECKS: Record<keyof RetiredCookie, Check> = {
  name: must('a cookie name, prefix included', isText(TOKEN)),
  path,
  domain,
}

const impossible = (cookies: HttpSettings['cookies'], development: boolean): string[] => {
  const { sameSite, secure, partitioned, access, refresh } = cookies
  return [
    ...(!secure && !development ? ['cookies.secure can be false in development only'] : []),
    ...(sameSite === 'none' && !secure ? ['cookies.sameSite "none" needs cookies.secure: true'] : []),
    ...(partitioned && sameSite !== 'none' ? ['cookies.partitioned needs cookies.sameSite: "none"'] : []),
    ...(access === refresh ? ['cookies.access and cookies.refresh must have different names'] : []),
  ]
}

const readCookies = (
  given: unknown,
  development: boolean,
): { readonly cookies: HttpSettings['cookies']; readonly problems: string[] } => {
  const { options, problems } = readOptions<CookieOptions>(given ?? {}, COOKIE_CHECKS, 'cookies.')
  const listed = Array.isArray(options.retired) ? [...options.retired] : []
  const retired = listed.map((cookie, index) =>
    readOptions<RetiredCookie>(cookie, RETIRED_CHECKS, `cookies.retired[${index}].`),
  )
  const cookies = cookieDefaults(
    options,
    retired.map((read) => read.options),
    development,
  )
  const nameless = retired.flatMap((read, index) =>
    read.options.name === undefined ? [`cookies.retired[${index}].name is missing`] : [],
  )
  return {
    cookies,
    problems: [
      ...problems,
      ...retired.flatMap((read) => read.problems),
      ...nameless,
      ...impossible(cookies, development),
    ],
  }
}

const cookieDefaults = (
  options: Snapshot<CookieOptions>,
  retired: readonly RetiredCookie[],
  development: boolean,
): HttpSettings['cookies'] => ({
  domain: options.domain,
  sameSite: options.sameSite ?? 'lax',
  secure: options.secure ?? (!development || options.sameSite === 'none'),
  partitioned: options.partitioned ?? false,
  access: options.access ?? 'access_token',
  refresh: options.refresh ?? 'refresh_token',
  retired,
})

/** A path and each of its ends: `/a/b` gives `/a/b` and `/b`. */
const endsOf = (path: string): string[] => {
  const next = path.indexOf('/', 1)
  return next < 0 ? [path] : [path, ...endsOf(path.slice(next))]
}

/**
 * Reads, checks and completes all options of an adapter, the core's included.
 *
 * @throws AuthError `invalid_options`, naming every problem
 */
export const settingsFrom = <C extends object>(
  given: HttpAuthOptions<C>,
): { readonly http: HttpSettings; readonly core: Settings; readonly realm: string } => {
  const read = readOptions<HttpAuthOptions>(given, { ...AUTH_CHECKS, ...HTTP_CHECKS })
  const options: Snapshot<HttpAuthOptions> = read.options
  const { cookies, problems } = readCookies(options.cookies, isDevelopment(options))
  const taking = readTakeover(options.takeover)
  const all = [...read.problems, ...authProblems(options), ...problems, ...taking.problems]
  if (all.length > 0) throw invalidOptions('createAuth', all)
  const path = options.path ?? '/auth'
  const http: HttpSettings = {
    path,
    mounts: options.mountPath === undefined ? endsOf(path) : [options.mountPath],
    origins: new Set(options.origins),
    silent: options.renewal === 'silent',
    takeover: taking.takeover,
    ip: options.ip as HttpSettings['ip'],
    cookies,
  }
  return { http, core: settingsOf(options), realm: options.issuer ?? 'app' }
}
