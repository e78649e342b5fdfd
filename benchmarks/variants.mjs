/** What is measured: each variant prepares itself and gives one operation. */

import { createAuth } from '@auth/core'
import { memoryStore } from '@auth/store-memory'
import { createVerifier } from 'fast-jwt'
import { jwtVerify } from 'jose'
import jsonwebtoken from 'jsonwebtoken'

const secret = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
const expected = { issuer: 'app', audience: 'app' }

const signedIn = async () => {
  const store = memoryStore()
  const claims = () => ({ role: 'reader' })
  // The clock of sessions runs ahead by an hour per refresh, so that each one rotates.
  let ahead = 0
  const now = () => Date.now() + ahead
  const auth = createAuth({
    secret,
    environment: 'production',
    store: memoryStore({ now }),
    claims,
    now,
    onEvent: () => undefined,
  })
  const pair = await auth.login({ subject: 'alice', transport: 'bearer' })
  await store.close()
  return { auth, pair, advance: () => (ahead += 60_000) }
}

const ours = (revocation) => async () => {
  const { auth, pair } = await signedIn()
  await auth.authenticate(pair.accessToken)
  await new Promise((resolve) => setTimeout(resolve, 50))
  return () => auth.authenticate(pair.accessToken, { revocation })
}

/** Groups of variants; the first of each is what the others are compared with. */
export const groups = {
  verify: {
    'jose jwtVerify': async () => {
      const { pair } = await signedIn()
      const key = await crypto.subtle.importKey(
        'raw',
        new TextEncoder().encode(secret),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['verify'],
      )
      return () => jwtVerify(pair.accessToken, key, { ...expected, algorithms: ['HS256'], typ: 'at+jwt' })
    },
    'authenticate, revocation: none': ours('none'),
    'authenticate, replica': ours('replica'),
    'authenticate, memory store': ours('store'),
    'jsonwebtoken verify': async () => {
      const { pair } = await signedIn()
      return async () => jsonwebtoken.verify(pair.accessToken, secret, { ...expected, algorithms: ['HS256'] })
    },
    'fast-jwt verifier': async () => {
      const { pair } = await signedIn()
      const verify = createVerifier({
        key: secret,
        algorithms: ['HS256'],
        allowedIss: 'app',
        allowedAud: 'app',
        cache: false,
      })
      return async () => verify(pair.accessToken)
    },
  },
  refresh: {
    'authenticate, replica': ours('replica'),
    'refresh, rotating': async () => {
      const { auth, pair, advance } = await signedIn()
      let { refreshToken } = pair
      return async () => {
        advance()
        ;({ refreshToken } = await auth.refresh(refreshToken))
      }
    },
  },
}

/** Heap per session of the memory store, in bytes. */
export const memoryPerSession = async () => {
  const { auth } = await signedIn()
  const sessions = 20_000
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let at = 0; at < sessions; at += 1)
    await auth.login({ subject: `user${at}`, device: 'Firefox on Linux' })
  globalThis.gc?.()
  return Math.round((process.memoryUsage().heapUsed - before) / sessions)
}
