/** The Flask service beside the Express example, both as processes of their own: whose tokens it takes, and whose not. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { eventually, freePort } from '@auth/testkit'
import { bearer, client, DEMO, type Running, start } from 'example-app/testing'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const FOLDER = fileURLToPath(new URL('..', import.meta.url))
const SECRET = 'bmV4dC1kb29yLXNlY3JldC1vZi0zMi1ieXRlcw'
const OTHER = 'YW5vdGhlci1zZWNyZXQtb2YtMzItYnl0ZXMtb2s'

/** Why this test cannot run here; undefined where it can. */
const missing = ((): string | undefined => {
  const { status } = spawnSync('/usr/bin/python3', ['-c', 'import flask, jwt'])
  if (status === 0) return undefined
  return 'Flask and PyJWT do not answer (apt-get install python3-flask python3-jwt)'
})()
if (missing) {
  if (process.env.CI === 'true') throw new Error(missing)
  console.warn(`\n*** SKIPPED: the Flask example. ${missing} ***\n`)
}

describe.skipIf(missing)(`Flask next door${missing ? `: ${missing}` : ''}`, () => {
  let express: Running
  let flask: ChildProcess
  let url: string

  beforeAll(async () => {
    const production = {
      NODE_ENV: 'production',
      SESSION_SECRET: SECRET,
      AUTH_ORIGIN: 'https://app.example.com',
    }
    express = await start(fileURLToPath(new URL('../../express', import.meta.url)), production)
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const env = {
      PATH: process.env.PATH ?? '',
      PORT: String(port),
      SESSION_SECRET: SECRET,
      EXPRESS_URL: express.url,
    }
    flask = spawn('/usr/bin/python3', ['app.py'], { cwd: FOLDER, env, stdio: 'ignore' })
    process.once('exit', () => flask.kill('SIGKILL'))
    await eventually(async () => (await fetch(`${url}/orders`)).status === 401)
  })
  afterAll(async () => {
    flask?.kill('SIGKILL')
    await express?.stop()
  })

  const ask = async (headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(`${url}/orders`, { method, headers })
    return { status: response.status, body: await response.json(), headers: response.headers }
  }

  const signIn = async () => {
    const app = client(express.url)
    const { body } = await app.send('POST /login', { ...DEMO, transport: 'bearer' })
    return { app, tokens: body as { access_token: string; refresh_token: string } }
  }

  test('it knows the user of a token that Express issued', async () => {
    const { tokens } = await signIn()
    const subject = decodeJwt(tokens.access_token).sub
    const { status, body } = await ask(bearer(tokens.access_token))
    expect({ status, body }).toEqual({
      status: 200,
      body: { user: subject, name: expect.any(String), orders: [] },
    })
    expect(await ask(bearer(tokens.access_token), 'POST')).toMatchObject({
      status: 201,
      body: { user: subject },
    })
  })

  test('without a token it asks for one', async () => {
    const { status, body, headers } = await ask({})
    expect({ status, body }).toEqual({ status: 401, body: { error: 'unauthenticated' } })
    expect(headers.get('www-authenticate')).toBe('Bearer')
  })

  describe('it refuses', () => {
    type Change = { claims?: object; header?: object; secret?: string }
    const FORGED: Record<string, Change> = {
      'another secret': { secret: OTHER },
      'another algorithm': { header: { alg: 'HS512' } },
      'another type': { header: { typ: 'JWT' } },
      'an expired token': { claims: { exp: 1_700_000_000, iat: 1_699_999_400 } },
      'a token without an end': { claims: { exp: undefined } },
      'another audience': { claims: { aud: 'https://other.example' } },
      'another issuer': { claims: { iss: 'https://other.example' } },
      'a token of development': { claims: { iss: 'development:app' } },
      'a token without a user': { claims: { sub: undefined } },
      'a user that is a number': { claims: { sub: 1 } },
      "a cookie's token sent as a bearer token": { claims: { transport: 'cookie' } },
    }
    const forge = async ({ claims, header, secret = SECRET }: Change) => {
      const { access_token } = (await signIn()).tokens
      const payload = JSON.parse(JSON.stringify({ ...decodeJwt(access_token), ...claims }))
      const { alg, ...rest } = decodeProtectedHeader(access_token)
      return new SignJWT(payload)
        .setProtectedHeader({ ...rest, alg: alg ?? '', ...header })
        .sign(new TextEncoder().encode(secret))
    }

    test('no token that is signed as Express does', async () => {
      expect(await ask(bearer(await forge({})))).toMatchObject({ status: 200 })
    })
    test.each(Object.entries(FORGED))('%s', async (_, change) => {
      const { status, body, headers } = await ask(bearer(await forge(change)))
      expect({ status, body }).toEqual({ status: 401, body: { error: 'invalid_token' } })
      expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    })
    test('a token whose header says none, or that something critical must be understood', async () => {
      const { access_token } = (await signIn()).tokens
      const [, payload] = access_token.split('.')
      const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
      const critical = await new SignJWT(decodeJwt(access_token))
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', b64: true, crit: ['b64'] })
        .sign(new TextEncoder().encode(SECRET))
      for (const token of [`${none}.${payload}.`, critical]) {
        expect(await ask(bearer(token))).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
      }
    })
    test('a refresh token', async () => {
      const { refresh_token } = (await signIn()).tokens
      expect(await ask(bearer(refresh_token))).toMatchObject({
        status: 401,
        body: { error: 'invalid_token' },
      })
    })
  })

  describe('the cookie of a page', () => {
    const cookieOf = async (): Promise<string> => {
      const { cookies } = await client(express.url).send('POST /login', DEMO)
      return cookies.find((line) => line.startsWith('__Host-access_token='))?.split(';')[0] ?? ''
    }
    test('is good for reading, and for nothing else', async () => {
      const cookie = await cookieOf()
      expect(await ask({ cookie })).toMatchObject({ status: 200 })
      expect(await ask({ cookie }, 'POST')).toMatchObject({ status: 401, body: { error: 'unauthenticated' } })
    })
    test('is not asked where there is a bearer token, however bad', async () => {
      const cookie = await cookieOf()
      expect(await ask({ cookie, authorization: 'Bearer x' })).toMatchObject({ status: 401 })
      expect(await ask({ cookie: '', authorization: `Bearer ${cookie.split('=')[1]}` })).toMatchObject({
        status: 401,
      })
    })
  })

  test('after a logout a token is good for reading until it ends; what asks Express refuses it at once', async () => {
    const { app, tokens } = await signIn()
    const token = bearer(tokens.access_token)
    expect(await app.send('POST /auth/logout', { refresh_token: tokens.refresh_token }, token)).toMatchObject(
      { status: 204 },
    )
    expect(await ask(token)).toMatchObject({ status: 200 })
    expect(await ask(token, 'POST')).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
  })

  test('where Express does not answer, what asks it is not available', async () => {
    const { tokens } = await signIn()
    await express.stop()
    const { status, headers } = await ask(bearer(tokens.access_token), 'POST')
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    expect(await ask(bearer(tokens.access_token))).toMatchObject({ status: 200 })
  })
})
