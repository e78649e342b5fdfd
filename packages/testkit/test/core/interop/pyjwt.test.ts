/** Design section 7: a Flask application with PyJWT that has the secret verifies our tokens, and can make ones we accept. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Members,
  OTHER_SECRET,
  openScene,
  present,
  refusedFor,
  type Scene,
  SECRET,
} from '../token/scene.js'

const SCRIPT = fileURLToPath(new URL('pyjwt.py', import.meta.url))

const python = (request: object): Members => {
  const { status, stdout, stderr, error } = spawnSync('/usr/bin/python3', [SCRIPT], {
    input: JSON.stringify(request),
    encoding: 'utf8',
  })
  if (status !== 0) throw error ?? new Error(stderr)
  return JSON.parse(stdout)
}

/** Why this test cannot run here; undefined where it can. */
const missing = ((): string | undefined => {
  try {
    python({})
    return undefined
  } catch (error) {
    return `PyJWT does not answer (apt-get install python3-jwt): ${(error as Error).message.trim().split('\n').at(-1)}`
  }
})()
if (missing) {
  if (process.env.CI === 'true') throw new Error(missing)
  console.warn(`\n*** SKIPPED: interoperation with PyJWT. ${missing} ***\n`)
}

interface Order {
  readonly claims: Members
  readonly headers: Members
  readonly secret: string
  readonly algorithm: string
}
const signed = (orders: readonly Order[]): string[] => python({ sign: orders }).tokens as string[]

describe.skipIf(missing)(`with PyJWT${missing ? `: ${missing}` : ''}`, () => {
  const names = { audience: 'https://api.example', issuer: 'https://id.example' }
  const request = { secret: SECRET, ...names }
  let scene: Scene
  // Python has no fake clock: ours stands where the real one is.
  const start = Math.floor(Date.now() / 1000) * 1000
  beforeAll(async () => {
    scene = await openScene({ ...names, claims: () => ({ role: 'admin', name: 'Zoë' }) }, start)
  })

  describe('our access token', () => {
    test('is verified by the secret, issuer and audience, all registered claims being there', () => {
      const { claims, header } = python({ verify: scene.pair.accessToken, ...request })
      expect(claims).toMatchObject({
        ...{
          sub: 'alice',
          iss: names.issuer,
          aud: names.audience,
          role: 'admin',
          name: 'Zoë',
          transport: 'bearer',
        },
        ...{ sid: scene.pair.principal.sessionId, jti: scene.pair.principal.tokenId },
        ...{ iat: start / 1000, exp: start / 1000 + 600, auth_time: expect.any(Number) },
      })
      expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: scene.header.kid })
    })

    const WRONG: Record<string, [change: object, error: string]> = {
      'with another secret': [{ secret: OTHER_SECRET }, 'InvalidSignatureError'],
      'for another audience': [{ audience: 'https://other.example' }, 'InvalidAudienceError'],
      'for no audience': [{ audience: null }, 'InvalidAudienceError'],
      'from another issuer': [{ issuer: 'https://other.example' }, 'InvalidIssuerError'],
    }
    test.each(Object.entries(WRONG))('is refused %s', (_, [change, error]) => {
      expect(python({ verify: scene.pair.accessToken, ...request, ...change })).toEqual({ error })
    })
    test('is refused when it has ended', async () => {
      const { pair } = await openScene(names, start - 700_000)
      expect(python({ verify: pair.accessToken, ...request })).toEqual({ error: 'ExpiredSignatureError' })
    })
    test('of development is refused by its issuer', async () => {
      const { pair } = await openScene({ ...names, environment: 'development' }, start)
      expect(python({ verify: pair.accessToken, ...request })).toEqual({ error: 'InvalidIssuerError' })
    })
    test('is the only kind: a refresh token is nothing to PyJWT', () => {
      expect(python({ verify: scene.pair.refreshToken, ...request })).toEqual({ error: 'DecodeError' })
    })
  })

  describe('a token that PyJWT made', () => {
    const now = start / 1000
    type Change = {
      readonly claims?: Members
      readonly headers?: Members
      readonly secret?: string
      readonly algorithm?: string
    }
    const order = ({ claims, headers, secret = SECRET, algorithm = 'HS256' }: Change): Order => ({
      claims: JSON.parse(JSON.stringify({ ...scene.payload, jti: 'from-python', ...claims })),
      headers: { typ: 'at+jwt', kid: scene.header.kid, ...headers },
      ...{ secret, algorithm },
    })
    const SESSION = `${'p'.repeat(11)}.${'r'.repeat(22)}`

    const ACCEPTED: Record<string, Change> = {
      'as ours': {},
      'for several audiences': { claims: { aud: ['https://other.example', names.audience] } },
      'with claims of its own': { claims: { scope: 'read write', nested: { list: [1, 'ä'] } } },
      'with the long name of the type': { headers: { typ: 'application/at+jwt' } },
    }
    const REFUSED: Record<string, [Change, reason: string]> = {
      'without a type of its own': [{ headers: { typ: 'JWT' } }, 'wrong_type'],
      'without a key id': [{ headers: { kid: undefined } }, 'unknown_key'],
      'with another key id': [{ headers: { kid: 'python' } }, 'unknown_key'],
      'with another secret': [{ secret: OTHER_SECRET }, 'bad_signature'],
      'by HS384': [{ algorithm: 'HS384' }, 'wrong_algorithm'],
      'by HS512': [{ algorithm: 'HS512' }, 'wrong_algorithm'],
      'by none': [{ algorithm: 'none', secret: '' }, 'malformed'],
      'with crit': [{ headers: { crit: ['exp'] } }, 'malformed'],
      'with a key in its header': [{ headers: { jwk: { kty: 'oct', k: 'AA' } } }, 'malformed'],
      'from another issuer': [{ claims: { iss: 'https://other.example' } }, 'wrong_issuer'],
      'for another audience': [{ claims: { aud: 'https://other.example' } }, 'wrong_audience'],
      'without an audience': [{ claims: { aud: undefined } }, 'wrong_audience'],
      'without an end': [{ claims: { exp: undefined } }, 'bad_claims'],
      'that has ended': [{ claims: { exp: now - 60 } }, 'expired'],
      'that begins later': [{ claims: { nbf: now + 61 } }, 'not_yet_valid'],
      'issued in the future': [{ claims: { iat: now + 61 } }, 'not_yet_valid'],
      'that lives too long': [{ claims: { exp: now + 3601 } }, 'lifetime_too_long'],
      'without a subject': [{ claims: { sub: undefined } }, 'bad_claims'],
      'without a session': [{ claims: { sid: undefined } }, 'bad_claims'],
      'without an id': [{ claims: { jti: undefined } }, 'bad_claims'],
      'without an epoch': [{ claims: { epoch: undefined } }, 'bad_claims'],
      'of an older epoch': [{ claims: { epoch: 0 } }, 'revoked'],
      'without a transport': [{ claims: { transport: undefined } }, 'bad_claims'],
      'with the marker of development': [{ claims: { env: 'development' } }, 'wrong_environment'],
      'for a session that is not': [{ claims: { sid: SESSION } }, 'revoked'],
    }
    const changes = [...Object.values(ACCEPTED), ...Object.values(REFUSED).map(([change]) => change)]
    const tokens = new Map<Change, string>()
    beforeAll(() => {
      const texts = signed(changes.map(order))
      for (const [index, change] of changes.entries()) tokens.set(change, texts[index] ?? '')
    })

    test.each(Object.entries(ACCEPTED))('is accepted %s', async (_, change) => {
      const principal = await scene.auth.authenticate(tokens.get(change) ?? '', { revocation: 'store' })
      expect(principal).toMatchObject({ subject: 'alice', tokenId: 'from-python', issuedAt: start })
    })
    test.each(Object.entries(REFUSED))('is refused %s', async (_, [change, reason]) => {
      const { outcome } = await present(scene, tokens.get(change), { revocation: 'store' })
      expect(outcome).toEqual(refusedFor(reason))
    })
  })
})
