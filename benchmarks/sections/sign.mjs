/** One access token signed. Ours is the function that login and refresh call, taken from its source. */

import { createHmac, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { KEY, SECRET, webKey } from '../lib/tokens.mjs'

const NOW = Math.floor(Date.now() / 1000)
const CLAIMS = { iss: 'app', aud: 'app', sub: 'alice', role: 'reader', auth_time: NOW, epoch: NOW * 1000 }
const SESSION = `f3Xo1w.${randomBytes(16).toString('base64url')}`
const TOKEN = randomBytes(16).toString('base64url')
const payload = () => ({
  ...CLAIMS,
  transport: 'bearer',
  sid: SESSION,
  jti: TOKEN,
  iat: NOW,
  exp: NOW + 600,
})

const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url')

const raw = async () => {
  const header = encode({ alg: 'HS256', typ: 'at+jwt', kid: 'x' })
  return () => {
    const input = `${header}.${encode(payload())}`
    return `${input}.${createHmac('sha256', KEY).update(input).digest('base64url')}`
  }
}

const INTERNALS = `
export { hs256 } from './keys/algorithms.js'
export { signAccessToken } from './token/sign.js'
`

const ours = async () => {
  const resolveDir = fileURLToPath(new URL('../../packages/core/src', import.meta.url))
  const { outputFiles } = await build({
    stdin: { contents: INTERNALS, resolveDir },
    conditions: ['@auth/source', 'node'],
    ...{ bundle: true, write: false, format: 'esm', platform: 'node', target: 'node20' },
  })
  const program = `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`
  const { hs256, signAccessToken } = await import(program)
  const key = await hs256('x', Buffer.from(SECRET))
  const policy = { issuer: 'app', audience: 'app', development: false }
  const { sub: subject, epoch, role } = CLAIMS
  const [issuedAt, expiresAt] = [NOW * 1000, (NOW + 600) * 1000]
  const about = { subject, sessionId: SESSION, tokenId: TOKEN, transport: 'bearer', epoch }
  return () =>
    signAccessToken(key, policy, {
      ...about,
      ...{ claims: { role }, issuedAt, expiresAt, authenticatedAt: issuedAt },
    })
}

const fastJwt = async () => {
  const { createSigner } = await import('fast-jwt')
  const sign = createSigner({ key: SECRET, algorithm: 'HS256', header: { typ: 'at+jwt' } })
  return () => sign(payload())
}

const jsonwebtoken = async () => {
  const { default: jwt } = await import('jsonwebtoken')
  return () => jwt.sign(payload(), KEY, { algorithm: 'HS256' })
}

const jose = async () => {
  const { SignJWT } = await import('jose')
  const key = await webKey('sign')
  return () => new SignJWT(payload()).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' }).sign(key)
}

const variant = (signer, isSynchronous) => ({
  create: async () => ({ operation: await signer(), isSynchronous }),
})

const variants = {
  'JSON.stringify and createHmac': variant(raw, true),
  ours: variant(ours, true),
  'fast-jwt': variant(fastJwt, true),
  jsonwebtoken: variant(jsonwebtoken, true),
  jose: variant(jose, false),
}

export const sign = {
  title: 'Signing an access token',
  about: 'HS256, with a prepared key where the library takes one.',
  variants,
  groups: { '': Object.keys(variants) },
}
