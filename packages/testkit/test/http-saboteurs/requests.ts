/** Adapters that spoil requests. */

import { onRequest, type Saboteurs, without } from './wire.js'

export const requestsSaboteurs: Saboteurs = {
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
  'the cookie hides the body': onRequest((init, path) => {
    const { body: _lost, ...rest } = init
    const hasCookie = init.headers.some(([name]) => name === 'cookie')
    return hasCookie && path.startsWith('/auth') ? rest : init
  }),
  'another scheme hides the cookie': onRequest((init) => {
    const scheme = init.headers.find(([name]) => name === 'authorization')?.[1] ?? 'bearer'
    return /^bearer/i.test(scheme) ? init : { ...init, headers: without(init.headers, 'cookie') }
  }),
  'a malformed Bearer header is ignored': onRequest((init) => ({
    ...init,
    headers: init.headers.filter(([name, value]) => name !== 'authorization' || /^bearer \S+$/i.test(value)),
  })),
  'four cookies are read': onRequest((init) => ({
    ...init,
    headers: init.headers.map(([name, value]): [string, string] => [
      name,
      name === 'cookie' ? value.split('; ').slice(0, 4).join('; ') : value,
    ]),
  })),
  'a POST is a GET': onRequest((init, path) =>
    path === '/me' && init.method === 'POST' ? { ...init, method: 'GET' } : init,
  ),
}
