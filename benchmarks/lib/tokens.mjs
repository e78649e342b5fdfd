/** Access tokens as the library signs them, as many different ones as are wanted. */

import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createHttpAuth } from '@auth/core/http'
import { memoryStore } from '@auth/store-memory'

export const SECRET = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
export const KEY = createSecretKey(Buffer.from(SECRET))
/** What peers are told to check besides the signature. */
export const EXPECTED = { issuer: 'app', audience: 'app' }
/** The options of ours in all comparisons. */
export const OPTIONS = { secret: SECRET, environment: 'production', onEvent: () => undefined }

const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url')

/** Signs a payload as the library does, under the header of one of its tokens. */
const sign = (header, payload) => {
  const input = `${header}.${encode(payload)}`
  return `${input}.${createHmac('sha256', KEY).update(input).digest('base64url')}`
}

/** Signs a user in by cookie and gives the header and payload of the access token, and its cookie's name. */
const signIn = async () => {
  const http = createHttpAuth({ ...OPTIONS, store: memoryStore(), claims: () => ({ role: 'reader' }) })
  const request = { method: 'POST', url: '/login', header: () => [], host: () => 'app.example', source: {} }
  const { headers } = await http.login(request, { subject: 'alice' })
  const [name, value] = headers.find(([, line]) => line.includes('eyJ'))[1].split(/[=;]/)
  const [header, payload] = value.split('.')
  return { name, header, payload: JSON.parse(Buffer.from(payload, 'base64url').toString()) }
}

/**
 * Makes tokens of different sessions.
 *
 * @param {number} count
 * @param {'bearer' | 'cookie'} [transport]
 * @param {string} [typ] where a peer takes no `at+jwt`
 */
export const makeTokens = async (count, transport = 'bearer', typ = undefined) => {
  const { name, header: own, payload } = await signIn()
  const header = typ ? encode({ alg: 'HS256', typ }) : own
  const partition = payload.sid.split('.')[0]
  const tokens = Array.from({ length: count }, () => {
    const [sid, jti] = [
      `${partition}.${randomBytes(16).toString('base64url')}`,
      randomBytes(16).toString('base64url'),
    ]
    return sign(header, { ...payload, transport, sid, jti })
  })
  return { cookie: name, tokens }
}

/** The secret as a key of WebCrypto, for peers that are at their best with one. @param {'sign' | 'verify'} use */
export const webKey = (use) => {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', Buffer.from(SECRET), algorithm, false, [use])
}

/**
 * Makes a first request, which begins the reading of the feed: until that was answered the store is asked, which knows no such
 * session.
 *
 * @param {{ authenticate: (token: string) => Promise<unknown> }} auth
 */
export const readFeed = async (auth) => {
  await auth.authenticate((await makeTokens(1)).tokens[0]).catch(() => undefined)
  await pause(50)
}
