import { fakeClock, modelStore } from '@auth/contracts'
import { type AuthRequest, createHttpAuth } from '@auth/core/http'
import { expect, test } from 'vitest'

test('a fault after a silent renewal answers 503 with Retry-After, and with the cookies that were written', async () => {
  const clock = fakeClock()
  const store = { ...modelStore(clock.now), isRevoked: () => Promise.reject(new Error('down')) }
  const secret = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
  const options = {
    secret,
    store,
    environment: 'production',
    renewal: 'silent',
    onEvent: () => undefined,
    now: clock.now,
  } as const
  const auth = createHttpAuth(options)
  const { refreshToken } = await auth.core.login({ subject: 'alice' })
  clock.advance(60)
  const headers: Record<string, string> = {
    cookie: `__Host-refresh_token=${refreshToken}`,
    'sec-fetch-mode': 'navigate',
  }
  const request: AuthRequest = {
    method: 'GET',
    url: '/',
    header: (name) => [headers[name] ?? []].flat(),
    body: async () => undefined,
    host: () => 'app.example.com',
    source: {},
  }
  const { reply } = await auth.guard()(request)
  const lines = reply?.headers.filter(([name]) => name === 'Set-Cookie') ?? []
  expect([reply?.status, lines.length]).toEqual([503, 2])
  expect(reply?.headers).toContainEqual(['Retry-After', '1'])
  await auth.core.close()
})
