/** Services that only verify fetch the public keys over a socket: jose's createRemoteJWKSet, and PyJWT's PyJWKClient. */

import { execFile, spawnSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { modelStore } from '@auth/contracts'
import type { Jwk } from '@auth/core'
import { createHttpAuth, fromNodeRequest, toNodeResponse } from '@auth/core/http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import { partsOf, SECRET } from '../token/scene.js'

const SCRIPT = fileURLToPath(new URL('key-set.py', import.meta.url))
const hasPython = spawnSync('/usr/bin/python3', ['-c', 'import jwt, cryptography']).status === 0
if (!hasPython && process.env.CI === 'true') throw new Error('PyJWT does not answer')
if (!hasPython)
  console.warn('\n*** SKIPPED: PyJWKClient (apt-get install python3-jwt python3-cryptography). ***\n')

const PAIRS: readonly [alg: string, draw: () => { privateKey: KeyObject }][] = [
  ['EdDSA', () => generateKeyPairSync('ed25519')],
  ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
]
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A server that publishes the public half of a key, and a token that the key has signed. */
const serving = async (privateKey: KeyObject) => {
  const auth = createHttpAuth({
    secret: SECRET,
    store: modelStore(),
    keys: [privateKey.export({ format: 'jwk' }) as Jwk, 'secret'],
    environment: 'production',
    onEvent: () => undefined,
  })
  const server = createServer(async (req, res) => {
    const reply = await auth.endpoints(fromNodeRequest(req))
    if (reply) toNodeResponse(res, reply)
    else res.writeHead(404).end()
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { accessToken } = await auth.core.login({ subject: 'alice', transport: 'bearer' })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/auth/jwks.json`
  return { url, accessToken }
}

const python = (request: object): Promise<object> =>
  new Promise((resolve, reject) => {
    const child = execFile('/usr/bin/python3', [SCRIPT], (error, stdout) =>
      error ? reject(error) : resolve(JSON.parse(stdout)),
    )
    child.stdin?.end(JSON.stringify(request))
  })

/** The same token with another user's claims. */
const forged = (token: string): string => {
  const [header, payload, signature] = partsOf(token)
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return `${header}.${Buffer.from(JSON.stringify({ ...claims, sub: 'bob' })).toString('base64url')}.${signature}`
}

describe.each(PAIRS)('%s', (algorithm, draw) => {
  test('jose verifies with what it fetched, and refuses a forgery', async () => {
    const { url, accessToken } = await serving(draw().privateKey)
    const keys = createRemoteJWKSet(new URL(url))
    const wanted = { issuer: 'app', audience: 'app', typ: 'at+jwt', algorithms: [algorithm] }
    const { payload } = await jwtVerify(accessToken, keys, wanted)
    expect(payload.sub).toBe('alice')
    await expect(jwtVerify(forged(accessToken), keys, wanted)).rejects.toThrow('signature')
  })

  test.skipIf(!hasPython)('PyJWKClient does as well', async () => {
    const { url, accessToken } = await serving(draw().privateKey)
    expect(await python({ url, token: accessToken, algorithm })).toMatchObject({ sub: 'alice' })
    const answer = await python({ url, token: forged(accessToken), algorithm })
    expect(answer).toEqual({ error: 'InvalidSignatureError' })
  })
})
