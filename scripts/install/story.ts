/** What a newcomer tries first on a running first program: sign in, who am I, refresh, sign out. */

import { expect } from 'vitest'

export const FORM = { email: 'demo@example.com', password: 'correct horse' }

/** A client that keeps cookies as curl's jar does, whatever they say about TLS: only names and values count here. */
export const client = (base: string) => {
  const cookies = new Map<string, string>()
  const keep = (lines: readonly string[]) => {
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/;\s*max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
  }
  const send = async (method: string, path: string, json?: unknown, host = base): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { ...(cookie ? { cookie } : {}), ...(json ? { 'content-type': 'application/json' } : {}) }
    const body = json ? { body: JSON.stringify(json) } : {}
    const response = await fetch(host + path, { method, headers, ...body })
    keep(response.headers.getSetCookie())
    return response
  }
  return { cookies, send }
}

/** The README's four commands, and that they refuse what they should. */
export const tellStory = async (base: string): Promise<void> => {
  const { send, cookies } = client(base)
  expect((await send('GET', '/me')).status, 'GET /me before signing in').toBe(401)
  const wrong = await send('POST', '/login', { ...FORM, password: 'wrong' })
  expect(wrong.status, 'a wrong password').toBe(401)
  const login = await send('POST', '/login', FORM)
  expect([login.status, await login.json()], 'POST /login').toEqual([200, { hello: 'Demo' }])
  const me = await send('GET', '/me')
  expect([me.status, await me.json()], 'GET /me').toMatchObject([
    200,
    { subject: '1', claims: { role: 'admin' } },
  ])
  const refresh = await send('POST', '/auth/refresh')
  expect([refresh.status, await refresh.json()], 'POST /auth/refresh').toMatchObject([200, {}])
  expect((await send('GET', '/me')).status, 'GET /me after the refresh').toBe(200)
  const kept = new Map(cookies)
  expect((await send('POST', '/auth/logout')).status, 'POST /auth/logout').toBe(204)
  expect([...cookies], 'the cookies after the logout').toEqual([])
  for (const [name, value] of kept) cookies.set(name, value)
  expect((await send('GET', '/me')).status, 'GET /me with the cookies of a session that was ended').toBe(401)
  expect((await send('POST', '/auth/refresh')).status, 'a refresh of a session that was ended').toBe(401)
}
