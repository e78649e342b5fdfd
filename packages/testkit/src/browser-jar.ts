/** A cookie jar by the rules of a browser, for the HTTP contract. */

import type { BrowserJar } from '@auth/contracts'
import { CookieJar } from 'tough-cookie'

/** Creates an empty jar. Its clock is the machine's: what is at work are the rules of name, path, domain and Secure. */
export const browserJar = (): BrowserJar => {
  const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
  return {
    cookies: (url) => jar.getCookieString(url),
    keep: async (url, lines) => {
      for (const line of lines) await jar.setCookie(line, url, { ignoreError: true })
    },
  }
}
