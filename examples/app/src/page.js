/** The page: static files, the same in every example, and the headers they are served with. */

import { readFileSync } from 'node:fs'

/** Nothing inline and nothing from elsewhere: a script that somebody smuggles in does not run. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** @type {Record<string, [file: string, type: string]>} */
const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/auth-fetch.js': ['auth-fetch.js', 'text/javascript; charset=utf-8'],
  '/style.css': ['style.css', 'text/css; charset=utf-8'],
  '/favicon.svg': ['favicon.svg', 'image/svg+xml'],
}

const PAGES = new Map(
  Object.entries(FILES).map(([path, [file, type]]) => {
    const headers = {
      'Content-Type': type,
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-cache',
    }
    return [path, { headers, body: readFileSync(new URL(`../public/${file}`, import.meta.url), 'utf8') }]
  }),
)

/**
 * The file for a path; undefined where there is none.
 * @param {string} path
 */
export const page = (path) => PAGES.get(path)
