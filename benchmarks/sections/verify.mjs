/** One access token verified: signature, `exp`, issuer and audience; ours checks type, life and transport besides. */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { EXPECTED, KEY, makeTokens, OPTIONS, readFeed, SECRET, webKey } from '../lib/tokens.mjs'

/** More tokens than any cache of the variants holds: each one is new when its turn comes again. */
const MANY = 40_000

const decode = (segment) => Buffer.from(segment, 'base64url')

const raw = async () => (token) => {
  const dot = token.lastIndexOf('.')
  const mac = createHmac('sha256', KEY).update(token.slice(0, dot)).digest()
  if (!timingSafeEqual(mac, decode(token.slice(dot + 1)))) throw new Error('bad signature')
  return JSON.parse(decode(token.slice(token.indexOf('.') + 1, dot)).toString())
}

const ours = async () => {
  const { createAuth } = await import('@auth/core')
  const { memoryStore } = await import('@auth/store-memory')
  const auth = createAuth({ ...OPTIONS, store: memoryStore() })
  await readFeed(auth)
  return (token) => auth.authenticate(token)
}

const fastJwt = (cache) => async () => {
  const { createVerifier } = await import('fast-jwt')
  const { issuer: allowedIss, audience: allowedAud } = EXPECTED
  return createVerifier({ key: SECRET, algorithms: ['HS256'], allowedIss, allowedAud, cache })
}

const jose = async () => {
  const { jwtVerify } = await import('jose')
  const key = await webKey('verify')
  return (token) => jwtVerify(token, key, { ...EXPECTED, algorithms: ['HS256'], typ: 'at+jwt' })
}

const jsonwebtoken = async () => {
  const { default: jwt } = await import('jsonwebtoken')
  return (token) => jwt.verify(token, KEY, { ...EXPECTED, algorithms: ['HS256'] })
}

const honoJwt = async () => {
  const { verify } = await import('hono/jwt')
  const key = await webKey('verify')
  return (token) => verify(token, key, { alg: 'HS256', iss: EXPECTED.issuer, aud: EXPECTED.audience })
}

const VERIFIERS = {
  'createHmac and JSON.parse': [raw, true],
  'ours: authenticate': [ours, false],
  'fast-jwt, no cache': [fastJwt(false), true],
  'fast-jwt, cache': [fastJwt(true), true],
  jsonwebtoken: [jsonwebtoken, true],
  jose: [jose, false],
  // It refuses every other `typ`.
  'hono/jwt': [honoJwt, false, 'JWT'],
}

/** @param {number} count of different tokens */
const variantsOf = (count, suffix) =>
  Object.entries(VERIFIERS).map(([name, [verifier, isSynchronous, typ]]) => [
    `${name}${suffix}`,
    {
      create: async () => {
        const { tokens } = await makeTokens(count, 'bearer', typ)
        const verify = await verifier()
        let at = 0
        const operation = () => {
          at = at + 1 === tokens.length ? 0 : at + 1
          return verify(tokens[at])
        }
        // What is measured must verify.
        await operation()
        return { operation, isSynchronous }
      },
    },
  ])

const NEW = variantsOf(MANY, ', new')
const KNOWN = variantsOf(1, ', remembered')
const namesOf = (variants) => variants.map(([name]) => name)

export const verify = {
  title: 'Verifying an access token',
  about: 'HS256, 370 bytes, in a loop. Ours checks revocation as well.',
  variants: Object.fromEntries([...NEW, ...KNOWN]),
  groups: { 'every token new': namesOf(NEW), 'one token again and again': namesOf(KNOWN) },
}
