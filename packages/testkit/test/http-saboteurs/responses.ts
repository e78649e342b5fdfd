/** Adapters that spoil responses. */

import {
  isTokenCookie,
  onCookies,
  onResponse,
  type Saboteurs,
  withBody,
  withCookies,
  withHeader,
  withStatus,
} from './wire.js'

export const responsesSaboteurs: Saboteurs = {
  'a response of the handler’s own loses the cookies': onResponse((response, path) => {
    const isOwn = ['/raw', '/broken', '/login-raw'].includes(path)
    const others = response.headers.getSetCookie().filter((line) => !isTokenCookie(line))
    return isOwn ? withCookies(response, others) : response
  }),
  'a page that carries tokens can be cached': onResponse((response, path) =>
    path === '/cached' ? withHeader(response, 'cache-control', 'public, s-maxage=600') : response,
  ),
  'no page can be cached': onResponse((response) => withHeader(response, 'cache-control', 'no-store')),
  'one of two Set-Cookie lines is dropped': onCookies((lines) => lines.slice(0, -1)),
  "the application's own cookie is overwritten": onCookies((lines) => lines.filter(isTokenCookie)),
  'Set-Cookie lines are joined': onCookies((lines) => (lines.length > 1 ? [lines.join(', ')] : lines)),
  'Secure is dropped': onCookies((lines) => lines.map((line) => line.replace('; Secure', ''))),
  'Domain is dropped': onCookies((lines) => lines.map((line) => line.replace(/; Domain=[^;]+/, ''))),
  'Max-Age is dropped': onCookies((lines) => lines.map((line) => line.replace(/; Max-Age=[1-9]\d*/, ''))),
  'every cookie is remembered': onCookies((lines) =>
    lines.map((line) => (isTokenCookie(line) && !/Max-Age/.test(line) ? `${line}; Max-Age=600` : line)),
  ),
  'cookies are cleared on 503': onCookies((lines, { status }) =>
    status === 503 ? ['__Host-access_token=; Max-Age=0; Path=/'] : lines,
  ),
  'cookies are cleared on every 401': onCookies((lines, { status }) =>
    status === 401 ? ['__Secure-refresh_token=; Max-Age=0; Path=/auth; Secure'] : lines,
  ),
  'cookies are set on 403': onCookies((lines, { status }) =>
    status === 403 ? ['__Host-access_token=; Max-Age=0; Path=/'] : lines,
  ),
  'logout leaves the refresh cookie': onCookies((lines) =>
    lines.filter((line) => !/refresh_token=;.*Max-Age=0/.test(line)),
  ),
  'dead cookies are never expired': onCookies((lines, { status }) => (status === 401 ? [] : lines)),
  'a bad token is a 500': onResponse((response) =>
    response.status === 401 ? withStatus(response, 500) : response,
  ),
  'an outage is a 500': onResponse((response) =>
    response.status === 503 ? withStatus(response, 500) : response,
  ),
  'an outage is a 401': onResponse((response) =>
    response.status === 503 ? withStatus(response, 401) : response,
  ),
  'Retry-After is lost': onResponse((response) => withHeader(response, 'retry-after', null)),
  'the challenge is lost': onResponse((response) => withHeader(response, 'www-authenticate', null)),
  'Cache-Control is lost': onResponse((response) => withHeader(response, 'cache-control', null)),
  'Vary is lost': onResponse((response) => withHeader(response, 'vary', null)),
  'no content is 200': onResponse((response) =>
    response.status === 204 ? withStatus(response, 200) : response,
  ),
  'reasons are told': onResponse(async (response, path) => {
    const text =
      response.status === 401
        ? JSON.stringify({ ...(await response.json()), reason: `bad ${path}` })
        : response.body
    return new Response(text, { status: response.status, headers: response.headers })
  }),
  'the body of a login holds the token': onResponse(async (response, path) => {
    if (path !== '/login' || !response.ok) return response
    const [, token] = response.headers.getSetCookie().map((line) => line.split(/[=;]/)[1])
    const body = { ...(await response.json()), ...(token ? { token } : {}) }
    return new Response(JSON.stringify(body), { status: response.status, headers: response.headers })
  }),
  'refresh_expires_in is lost': onResponse(async (response, path) => {
    if (!/login|refresh/.test(path) || !response.ok) return response
    const { refresh_expires_in: _lost, ...tokens } = await response.clone().json()
    return withBody(response, tokens)
  }),
  'refresh_expires_in is always what a login says': onResponse(async (response, path) => {
    if (path !== '/auth/refresh' || !response.ok) return response
    const tokens = await response.clone().json()
    return withBody(response, tokens.access_token ? { ...tokens, refresh_expires_in: 1_210_230 } : tokens)
  }),
  'unknown methods are not found': onResponse((response) =>
    response.status === 405 ? withStatus(response, 404) : response,
  ),
}
