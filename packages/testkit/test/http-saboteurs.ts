import type { HttpUnderTest } from '@auth/contracts'

type Start = HttpUnderTest['start']
type Options = Parameters<Start>[0]
type Wire = (
  request: { path: string; init: RequestInit & { headers: [string, string][] } },
  send: Send,
) => Promise<Response>
type Send = (path: string, init: RequestInit) => Promise<Response>

const pairsOf = (headers: HeadersInit = {}): [string, string][] =>
  (Array.isArray(headers) ? headers : Object.entries(headers as Record<string, string>)) as [string, string][]

/** An adapter that meddles with what goes over the wire. */
const onWire =
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

/** An adapter that loses or invents options. */
const onOptions =
  (meddle: (options: Options) => Options) =>
  (start: Start): Start =>
  (options) =>
    start(meddle(options))

const onResponse = (change: (response: Response, path: string) => Response | Promise<Response>) =>
  onWire(async ({ path, init }, send) => change(await send(path, init), path))

const onRequest = (
  change: (init: { headers: [string, string][] } & RequestInit, path: string) => RequestInit,
) => onWire(({ path, init }, send) => send(path, change(init, path)))

/** The same response with other lines of cookies. */
const withCookies = (response: Response, lines: readonly string[]): Response => {
  const headers = new Headers(response.headers)
  headers.delete('set-cookie')
  for (const line of lines) headers.append('set-cookie', line)
  return new Response(response.body, { status: response.status, headers })
}

const onCookies = (change: (lines: readonly string[], response: Response) => readonly string[]) =>
  onResponse((response) => withCookies(response, change(response.headers.getSetCookie(), response)))

const withHeader = (response: Response, name: string, value: string | null): Response => {
  const headers = new Headers(response.headers)
  if (value === null) headers.delete(name)
  else headers.set(name, value)
  return new Response(response.body, { status: response.status, headers })
}

const withStatus = (response: Response, status: number): Response =>
  new Response(status === 204 ? null : response.body, { status, headers: response.headers })

const without = (headers: [string, string][], ...names: string[]) =>
  headers.filter(([name]) => !names.includes(name))
const isTokenCookie = (line: string) => line.includes('token=')
const lost = (...names: (keyof Options)[]) =>
  onOptions(
    (options) =>
      Object.fromEntries(
        Object.entries(options).filter(([name]) => !names.includes(name as never)),
      ) as Options,
  )

/** Adapters that keep every promise over HTTP but one. */
export const saboteurs: Record<string, (start: Start) => Start> = {
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
  'a header falls back to the cookie': onRequest((init) => {
    const hasCookie = init.headers.some(([name]) => name === 'cookie')
    return hasCookie ? { ...init, headers: without(init.headers, 'authorization') } : init
  }),
  'Authorization is not read': onRequest((init) => ({
    ...init,
    headers: without(init.headers, 'authorization'),
  })),
  'the last Authorization wins': onRequest((init) => {
    const last = init.headers.filter(([name]) => name === 'authorization').slice(-1)
    return { ...init, headers: [...without(init.headers, 'authorization'), ...last] }
  }),
  'the scheme is case-sensitive': onRequest((init) => ({
    ...init,
    headers: init.headers.filter(([name, value]) => name !== 'authorization' || value.startsWith('Bearer')),
  })),
  'a token may stand in the query': onWire(({ path, init }, send) => {
    const token = new URL(path, 'http://x').searchParams.get('access_token')
    return send(
      path,
      token ? { ...init, headers: [...init.headers, ['authorization', `Bearer ${token}`]] } : init,
    )
  }),
  'other sites are trusted': onRequest((init) => ({
    ...init,
    headers: without(init.headers, 'origin', 'sec-fetch-site'),
  })),
  'Origin alone is looked at': onRequest((init) => ({
    ...init,
    headers: without(init.headers, 'sec-fetch-site'),
  })),
  'every POST is cross-site': onRequest((init) => ({
    ...init,
    headers: [...without(init.headers, 'origin', 'sec-fetch-site'), ['sec-fetch-site', 'cross-site']],
  })),
  'cookies are normalised': onRequest((init) => ({
    ...init,
    headers: init.headers.map(([name, value]): [string, string] => [
      name,
      name === 'cookie' ? value.replace('__host-', '__Host-') : value,
    ]),
  })),
  'the last cookie wins': onRequest((init) => ({
    ...init,
    headers: init.headers.map(([name, value]): [string, string] => {
      if (name !== 'cookie') return [name, value]
      return [
        name,
        [...new Map(value.split('; ').map((pair) => [pair.split('=')[0], pair])).values()].join('; '),
      ]
    }),
  })),
  'bodies are not read': onRequest((init, path) => {
    const { body: _lost, ...rest } = init
    return path.startsWith('/auth') ? rest : init
  }),
  'forms are not read': onRequest((init) => {
    const { body, ...rest } = init
    return body instanceof URLSearchParams ? rest : init
  }),
  'the body hides the cookie': onRequest((init) =>
    init.body === undefined ? init : { ...init, headers: without(init.headers, 'cookie') },
  ),
  'large bodies are cut': onRequest((init) =>
    typeof init.body === 'string' && init.body.length > 8192
      ? { ...init, body: '{"refresh_token":"cut"}' }
      : init,
  ),
  'preflights are refused': onWire(({ path, init }, send) =>
    init.method === 'OPTIONS' ? Promise.resolve(new Response('', { status: 401 })) : send(path, init),
  ),
  'unknown methods are not found': onResponse((response) =>
    response.status === 405 ? withStatus(response, 404) : response,
  ),
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
  'a POST is a GET': onRequest((init, path) =>
    path === '/me' && init.method === 'POST' ? { ...init, method: 'GET' } : init,
  ),
  'the clock is lost': lost('now'),
  'claims are lost': lost('claims'),
  'events are lost': onOptions((options) => ({ ...options, onEvent: () => undefined })),
  'origins are lost': lost('origins'),
  'the path is lost': lost('path'),
  'cookie options are lost': lost('cookies'),
  'rotation is always lenient': lost('rotation'),
  'rotation is always strict': onOptions((options) => ({ ...options, rotation: 'strict' })),
  'the overlap is endless': onOptions((options) => ({ ...options, overlap: 60 })),
  'renewal is lost': lost('renewal'),
  'renewal is always silent': onOptions((options) => ({ ...options, renewal: 'silent' })),
  'the environment is lost': onOptions((options) => ({
    ...options,
    environment: 'production',
    secret: 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5',
  })),
  'tokens live for an hour': onOptions((options) => ({ ...options, accessTtl: 3600 })),
  'sessions live for a year': onOptions((options) => ({
    ...options,
    idle: 365 * 86_400,
    absolute: 365 * 86_400,
  })),
  'every second look-up says not revoked': onOptions((options) => {
    const { store } = options
    let calls = 0
    const isRevoked: typeof store.isRevoked = async (query) => {
      calls += 1
      return calls % 2 === 0 ? false : store.isRevoked(query)
    }
    return { ...options, store: { ...store, ...methodsOf(store), isRevoked } }
  }),
}

/** The methods of a store behind a proxy, as own properties. */
const methodsOf = (store: Options['store']) => ({
  insert: store.insert,
  find: store.find,
  replace: store.replace,
  list: store.list,
  epoch: store.epoch,
  revoke: store.revoke,
  close: store.close,
})
