/** The options that HTTP adds to `createAuth`, and every way in which they can be wrong. */

import {
  type AuthOptions,
  type Check,
  invalidOptions,
  isDevelopment,
  must,
  oneOf,
  optionProblems,
  problemsOf,
} from '../options.js'

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
  /** Origins, such as `https://app.example.com`, whose pages may use the cookies. Default: only the server's own. */
  readonly origins?: readonly string[] | undefined
  /** How cookies are made. */
  readonly cookies?: CookieOptions | undefined
  /**
   * `endpoint`: the page asks `POST /auth/refresh`. `silent`: the refresh cookie lies at `/`, and `guard` renews page
   * loads (GET navigations) by itself, for server-rendered pages. Default: `endpoint`.
   */
  readonly renewal?: 'endpoint' | 'silent' | undefined
}

/** All options of an adapter's `createAuth`. */
export type HttpAuthOptions<C extends object = object> = AuthOptions<C> & HttpOptions

/** The HTTP options with every default in place. */
export interface HttpSettings {
  readonly path: string
  readonly origins: ReadonlySet<string>
  readonly silent: boolean
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
const boolean = must('true or false', (value) => typeof value === 'boolean')
const object = must(
  'an object',
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

const HTTP_CHECKS: Record<keyof HttpOptions, Check> = {
  path: must('a path such as "/auth", without a slash at its end', (value) => {
    return isText(PATH)(value) && value !== '/' && !String(value).endsWith('/')
  }),
  origins: must(
    'a list of origins such as "https://app.example.com", without a slash at the end',
    (value) => {
      return Array.isArray(value) && value.every(isOrigin)
    },
  ),
  cookies: object,
  renewal: oneOf('endpoint', 'silent'),
}

const COOKIE_CHECKS: Record<keyof CookieOptions, Check> = {
  domain,
  sameSite: oneOf('strict', 'lax', 'none'),
  secure: boolean,
  partitioned: boolean,
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

const cookieProblems = (options: CookieOptions, development: boolean): string[] => {
  const retired = Array.isArray(options.retired) ? options.retired : []
  return [
    ...problemsOf(options, COOKIE_CHECKS, 'cookies.'),
    ...retired.flatMap((cookie, index) =>
      problemsOf(Object(cookie), RETIRED_CHECKS, `cookies.retired[${index}].`),
    ),
    ...impossible(cookieDefaults(options, development), development),
  ]
}

const cookieDefaults = (options: CookieOptions, development: boolean): HttpSettings['cookies'] => ({
  domain: options.domain,
  sameSite: options.sameSite ?? 'lax',
  secure: options.secure ?? (!development || options.sameSite === 'none'),
  partitioned: options.partitioned ?? false,
  access: options.access ?? 'access_token',
  refresh: options.refresh ?? 'refresh_token',
  retired: options.retired ?? [],
})

/**
 * Checks all options of an adapter, the core's included, and splits them.
 *
 * @throws AuthError `invalid_options`, naming every problem
 */
export const httpSettingsFrom = <C extends object>(
  options: HttpAuthOptions<C>,
): { readonly http: HttpSettings; readonly core: AuthOptions<C> } => {
  const { path, origins, cookies, renewal, ...core } = options ?? {}
  const development = isDevelopment(core)
  const problems = [
    ...optionProblems(core as AuthOptions<never>, Object.keys(HTTP_CHECKS)),
    ...problemsOf({ path, origins, cookies, renewal }, HTTP_CHECKS),
    ...cookieProblems(Object(cookies), development),
  ]
  if (problems.length > 0) throw invalidOptions(problems)
  const http: HttpSettings = {
    path: path ?? '/auth',
    origins: new Set(origins),
    silent: renewal === 'silent',
    cookies: cookieDefaults(cookies ?? {}, development),
  }
  return { http, core: core as AuthOptions<C> }
}
