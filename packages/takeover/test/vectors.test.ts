/** Known answers: cookies written down long ago, with other code than the fixtures. */

import { MemoryStore } from 'express-session'
import { expect, test } from 'vitest'
import { expressSession, flask, koaSession } from '../src/index.js'
import { AT, SECRET, sending } from './request.js'

const now = () => AT

test.each([
  'eyJfdXNlcl9pZCI6IjQyIiwiX2ZyZXNoIjp0cnVlLCJfcGVybWFuZW50Ijp0cnVlfQ.aE7hgA.jrrL5bjVx6oQ9M-A_5jvshUbnxY',
  '.eJyrViotTi2Kz0xRsjIx0lFKyslPUrJSShwmQKkWAPp7Ux0.aE7hgA.6o9QFlBuYt1GxPxi_lYlaMcPD0E',
])('Flask 3.1', async (session) => {
  const place = session.startsWith('.') ? 'user_id' : '_user_id'
  expect(await flask({ secret: SECRET, user: place, now }).read(sending({ session }))).toMatchObject({
    subject: '42',
  })
})

test('express-session 1.19', async () => {
  const store = new MemoryStore()
  store.set('abcdefghijklmnopqrstuvwxyz012345', { userId: 42, cookie: { originalMaxAge: null } } as never)
  const cookie = 's%3Aabcdefghijklmnopqrstuvwxyz012345.ar7GHrxI8Ae5ShBJzeRYXhTxqZndIsP8wyftF4gz8o8'
  const reader = expressSession({ store, secret: SECRET, user: 'userId' })
  expect(await reader.read(sending({ 'connect.sid': cookie }))).toMatchObject({ subject: '42' })
})

test('koa-session 7', async () => {
  const cookies = {
    'koa.sess': 'eyJ1c2VySWQiOjQyLCJfZXhwaXJlIjoxNzUwMDg2NDAwMDAwLCJfbWF4QWdlIjo4NjQwMDAwMH0=',
    'koa.sess.sig': 'hDpJHTLr6uBEcmYGbhwL9-g1TRM',
  }
  const reader = koaSession({ keys: SECRET, user: 'userId', now })
  expect(await reader.read(sending(cookies))).toMatchObject({ subject: '42', expiresAt: AT + 86_400_000 })
})
