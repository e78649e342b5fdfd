/** Requests, clocks and cookies for tests of readers. */

import { readFileSync } from 'node:fs'
import type { ReaderRequest } from '../src/index.js'

/** Cookies by name, as a browser holds them. */
export type Cookies = Readonly<Record<string, string>>

/** A request with `Cookie` lines. */
export const requestWith = (...lines: readonly string[]): ReaderRequest => ({
  header: (name) => (name === 'cookie' ? lines : []),
})

/** A browser's request. */
export const sending = (cookies: Cookies): ReaderRequest =>
  requestWith(lineOf({ theme: 'dark', ...cookies, lang: 'de' }))

/** The `Cookie` line of a browser. */
export const lineOf = (cookies: Cookies): string =>
  Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')

/** What a browser holds after `Set-Cookie` lines. */
export const after = (cookies: Cookies, lines: readonly string[]): Cookies => {
  const jar = new Map(Object.entries(cookies))
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (/; Max-Age=0;/.test(line)) jar.delete(name)
    else jar.set(name, value)
  }
  return Object.fromEntries(jar)
}

// biome-ignore lint/suspicious/noExplicitAny: each fixture has a shape of its own
type Fixture = any

/** Reads `fixtures/<name>.json`. */
export const fixture = (name: string): Fixture =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'))

/** The instant at which the fixtures were made. */
export const AT = 1_750_000_000_000
export const SECRET = '0123456789abcdef0123456789abcdef'
export const RETIRED = 'fedcba9876543210fedcba9876543210'
export const MARKER = '6f1d0c52-7a8e-4f0b-9a3c-5a1b2c3d4e5f'

/** A clock that stands still until it is moved. */
export const clockAt = (start: number) => {
  let time = start
  const now = () => time
  return Object.assign(now, {
    move: (milliseconds: number) => {
      time += milliseconds
    },
  })
}
