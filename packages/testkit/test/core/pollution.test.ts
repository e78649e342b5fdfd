/** What a vulnerable merge puts on `Object.prototype` decides nothing: no option, no claim, no target is read from there. */

import { modelStore } from '@auth/contracts'
import { createAuth } from '@auth/core'
import { type AuthRequest, createHttpAuth } from '@auth/core/http'
import { afterEach, expect, test } from 'vitest'

const SECRET = 'k7Vq2mXw9ZtR4bNc8Lp1HsYd6FgJ3uAe'

/** Each name with the value that would do the most harm. */
const HOSTILE: Readonly<Record<string, unknown>> = {
  optional: true,
  revocation: 'none',
  maxAuthAge: 1e9,
  transport: 'bearer',
  environment: 'development',
  secret: 'attacker-attacker-attacker-attacker',
  issuer: 'evil',
  audience: 'evil',
  leeway: 300,
  accessTtl: 86_400,
  idle: 34_560_000,
  absolute: 316_224_000,
  overlap: 60,
  rotation: 'strict',
  maxSessions: 1,
  whenFull: 'deny',
  maxStaleness: 60,
  onUnavailable: 'allow',
  claims: () => ({ role: 'admin' }),
  onEvent: () => undefined,
  now: () => 0,
  path: '/evil',
  mountPath: '/evil',
  origins: ['https://evil.test'],
  cookies: { sameSite: 'none' },
  domain: 'evil.test',
  secure: false,
  renewal: 'silent',
  takeover: {},
  ip: () => '0.0.0.0',
  keep: 'x',
  subject: 'mallory',
  sessionId: 'x',
  tokenId: 'x',
  accessToken: 'x',
  refreshToken: 'x',
  actor: 'user',
  asOf: 1,
  remember: false,
  refresh_token: 'x',
  sub: 'mallory',
  nbf: 0,
  env: 'development',
  crit: ['b64'],
  epoch: Number.MAX_SAFE_INTEGER,
  refused: 'absent',
  accepted: { subject: 'mallory' },
  reply: null,
  tombstoneFor: 1e12,
}

const polluted = Object.prototype as unknown as Record<string, unknown>
afterEach(() => {
  for (const name of Object.keys(HOSTILE)) delete polluted[name]
})

const request = (method: string, url: string, headers: Record<string, string> = {}): AuthRequest => {
  const own = Object.assign(Object.create(null), headers) as Record<string, string>
  return {
    method,
    url,
    header: (name) => (own[name] === undefined ? [] : [own[name]]),
    host: () => 'app.example.test',
    body: async () => undefined,
    source: {},
  }
}

test.each(Object.keys(HOSTILE))('Object.prototype.%s decides nothing', async (name) => {
  polluted[name] = HOSTILE[name]
  const http = createHttpAuth({
    secret: SECRET,
    store: modelStore(),
    environment: 'production',
    onEvent: () => undefined,
  })
  const guard = http.guard()
  const login = await http.login(request('POST', '/login', { 'sec-fetch-site': 'same-origin' }), {
    subject: 'alice',
    transport: 'cookie',
  })
  expect(login.error).toBe(null)
  const lines = login.headers.flatMap(([header, line]) => (header === 'Set-Cookie' ? [line] : []))
  expect(
    lines.map((line) =>
      line
        .replace(/=[^;]+/, '=*')
        .split('; ')
        .sort(),
    ),
  ).toEqual([
    ['HttpOnly', 'Max-Age=600', 'Path=/', 'SameSite=Lax', 'Secure', '__Host-access_token=*'],
    ['HttpOnly', 'Max-Age=1210230', 'Path=/auth', 'SameSite=Lax', 'Secure', '__Secure-refresh_token=*'],
  ])
  const cookie = lines.map((line) => line.split(';')[0]).join('; ')
  const me = await guard(request('GET', '/me', { cookie }))
  expect(me.reply === null && me.principal).toMatchObject({
    subject: 'alice',
    claims: {},
    transport: 'cookie',
  })
  expect((await guard(request('GET', '/me'))).reply?.status).toBe(401)
  expect((await guard(request('POST', '/me', { cookie, origin: 'https://evil.test' }))).reply?.status).toBe(
    403,
  )
  expect(
    (await http.endpoints(request('POST', '/auth/refresh', { cookie, 'sec-fetch-site': 'same-origin' })))
      ?.status,
  ).toBe(200)
  await http.revoke({ subject: 'alice' })
  expect((await guard(request('GET', '/me', { cookie }))).reply?.status).toBe(401)
  expect(() => createAuth({ store: modelStore(), environment: 'production' })).toThrow('secret')
})
