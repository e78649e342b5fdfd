/** Clauses about the set of public keys, for services that only verify. */

import { expect, expectSame } from '../expectations.js'
import { clause, expectStatus, type HttpClause } from './clause.js'

/** The example key of RFC 7515 appendix A.3. */
const PRIVATE_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  kid: 'example',
}

const bytesOf = (segment: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(segment.replace(/-/g, '+').replace(/_/g, '/')), (character) => character.charCodeAt(0))

/** The set of public keys. */
export const keySetClauses: readonly HttpClause[] = [
  clause(
    'the public keys are published, and nothing else of them',
    async ({ server, bearer, send }) => {
      const cookie = '__Host-access_token=garbage'
      const headers = { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }
      const response = await expectStatus(server.fetch('/auth/jwks.json', { headers }), 200, 'the key set')
      const caching = response.headers.get('cache-control')
      expectSame(caching, 'public, max-age=300', 'the caching of the key set')
      expectSame(response.headers.getSetCookie(), [], 'the cookies of the key set')
      const { crv, kty, x, y, kid } = PRIVATE_KEY
      const published = { crv, kty, x, y, kid, alg: 'ES256', use: 'sig' }
      expectSame(await response.json(), { keys: [published] }, 'the key set')
      await expectStatus(server.fetch('/auth/jwks.json', { method: 'POST' }), 405, 'a POST to the key set')

      const { access_token } = await bearer()
      await expectStatus(send('GET /me', access_token), 200, 'a request with a token of the key')
      const [header = '', payload = '', signature = ''] = access_token.split('.')
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
      const key = await crypto.subtle.importKey('jwk', { crv, kty, x, y }, algorithm, false, ['verify'])
      const input = new TextEncoder().encode(`${header}.${payload}`)
      const verifies = await crypto.subtle.verify(algorithm, key, bytesOf(signature), input)
      expect(verifies, 'the published key does not verify a token')
    },
    { keys: [PRIVATE_KEY, 'secret'] },
  ),
]
