/** Adapters that spoil an exchange as a whole. */

import { onWire, type Saboteurs, withBody, withCookies, withStatus } from './wire.js'

export const routesSaboteurs: Saboteurs = {
  'a token may stand in the query': onWire(({ path, init }, send) => {
    const token = new URL(path, 'http://x').searchParams.get('access_token')
    return send(
      path,
      token ? { ...init, headers: [...init.headers, ['authorization', `Bearer ${token}`]] } : init,
    )
  }),
  'preflights pass': onWire(({ path, init }, send) =>
    init.method === 'OPTIONS' ? Promise.resolve(new Response(null, { status: 204 })) : send(path, init),
  ),
  'a spent cookie is refused everywhere': onWire(async ({ path, init }, send) => {
    const response = await send(path, init)
    const hasCookie = init.headers.some(([name]) => name === 'cookie')
    const isAnonymous = path === '/maybe' && (await response.clone().text()) === '{"subject":null}'
    return hasCookie && isAnonymous ? withStatus(response, 401) : response
  }),
  'a spent cookie is no credential, whatever the method': onWire(async ({ path, init }, send) => {
    const response = await send(path, init)
    return path === '/maybe' && response.status === 401 ? Response.json({ subject: null }) : response
  }),
  'a refresh cookie is set inside the overlap': onWire(async ({ path, init }, send) => {
    const response = await send(path, init)
    const lines = response.headers.getSetCookie()
    const sent = /__Secure-refresh_token=[^;]+/.exec(new Headers(init.headers).get('cookie') ?? '')?.[0]
    if (path !== '/auth/refresh' || !response.ok || lines.length !== 1 || !sent) return response
    return withCookies(response, [
      ...lines,
      `${sent}; Max-Age=1209600; Path=/auth; HttpOnly; Secure; SameSite=Lax`,
    ])
  }),
  'no refresh token is given back inside the overlap': onWire(async ({ path, init }, send) => {
    const response = await send(path, init)
    if (path !== '/auth/refresh' || !response.ok) return response
    const { refresh_token, ...tokens } = await response.clone().json()
    return String(init.body).includes(refresh_token) ? withBody(response, tokens) : response
  }),
  'a new refresh token never leaves': onWire(async ({ path, init }, send) => {
    const response = await send(path, init)
    if (path !== '/auth/refresh' || !response.ok || typeof init.body !== 'string') return response
    return withBody(response, { ...(await response.clone().json()), ...JSON.parse(init.body) })
  }),
  'a slash at the end is another path': onWire(({ path, init }, send) =>
    path.endsWith('/') ? Promise.resolve(new Response(null, { status: 404 })) : send(path, init),
  ),
  'a list of no keys is published': onWire(({ path, init }, send) =>
    path === '/auth/jwks.json' ? Promise.resolve(Response.json({ keys: [] })) : send(path, init),
  ),
  'the private part of a key is published': onWire(async ({ path, init }, send) => {
    const response = await send(path, init)
    if (path !== '/auth/jwks.json' || !response.ok) return response
    const { keys } = await response.clone().json()
    return withBody(response, { keys: keys.map((key: object) => ({ ...key, d: 'secret' })) })
  }),
  'the key set is for callers without cookies': onWire(async ({ path, init }, send) => {
    const response = await send(path, init)
    const hasCookie = init.headers.some(([name]) => name === 'cookie')
    return path === '/auth/jwks.json' && hasCookie ? withStatus(response, 401) : response
  }),
  'DELETE is not routed': onWire(({ path, init }, send) =>
    init.method === 'DELETE' ? Promise.resolve(new Response(null, { status: 204 })) : send(path, init),
  ),
  'log out everywhere logs out here': onWire(({ path, init }, send) =>
    send(path.replace('logout-all', 'logout'), init),
  ),
  'a change of password changes nothing': onWire(({ path, init }, send) =>
    path === '/password' ? Promise.resolve(new Response(null, { status: 204 })) : send(path, init),
  ),
  'logout only clears cookies': onWire(async ({ path, init }, send) => {
    const lines = [
      '__Host-access_token=; Max-Age=0; Path=/; Secure',
      '__Secure-refresh_token=; Max-Age=0; Path=/auth; Secure',
    ]
    return path === '/auth/logout'
      ? withCookies(new Response(null, { status: 204 }), lines)
      : send(path, init)
  }),
  'refresh answers without refreshing': onWire(async ({ path, init }, send) =>
    path === '/auth/refresh'
      ? Response.json({ expires_in: 600 }, { headers: { 'cache-control': 'no-store' } })
      : send(path, init),
  ),
}
