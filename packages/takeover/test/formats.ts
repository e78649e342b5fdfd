/** Every reader with a session of its own that it accepts, for the tests that hold for all of them. */

import { decode } from '@msgpack/msgpack'
import type session from 'express-session'
import { MemoryStore } from 'express-session'
import {
  authJs,
  cookieSession,
  type DjangoRows,
  django,
  expressSession,
  flask,
  flaskSession,
  ironSession,
  koaGenericSession,
  koaSession,
  nextAuth,
  type TakeoverReader,
} from '../src/index.js'
import { AT, type Cookies, fixture, SECRET } from './request.js'

/** One format: a reader, and cookies of a signed-in session. */
export interface Sample {
  readonly reader: TakeoverReader
  readonly cookies: Cookies
  readonly subject: string
  /** The cookie whose text is proven by a MAC; the others are names of rows. */
  readonly signed: boolean
}

const now = () => AT
const user = 'userId'

const memoryOf = (rows: Record<string, { readonly value: string }>): session.MemoryStore => {
  const store = new MemoryStore()
  for (const [key, { value }] of Object.entries(rows)) {
    // This store would call a session of the fixtures' day expired.
    const content = JSON.parse(value)
    store.set(key.replace(/^sess:/, ''), { ...content, cookie: { ...content.cookie, expires: null } })
  }
  return store
}

const objectStore = (rows: Record<string, { readonly value: object }>) => ({
  get: async (key: string) => rows[key]?.value,
  destroy: async () => undefined,
})

const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64')

const express = fixture('express-session')
const koa = fixture('koa-session')
const generic = fixture('koa-generic-session')
const flaskMade = fixture('flask')
const flaskRows = fixture('flask-session')
const djangoMade = fixture('django')

const djangoRow = (made: { cookies: Cookies; row: { data: string; expiresAt: number } }): DjangoRows => ({
  find: async (key) => (key === made.cookies.sessionid ? made.row : null),
  remove: async () => undefined,
})

const flaskClient = {
  getBuffer: async (key: string) =>
    key === `session:${flaskRows.sid}` ? bytes(flaskRows.msgpack.plain) : null,
  del: async () => 0,
  expire: async () => 0,
}
const signedSid = flaskRows.signed.cookies.session as string
const signedClient = {
  ...flaskClient,
  getBuffer: async (key: string) =>
    key === `session:${signedSid.split('.')[0]}` ? bytes(flaskRows.msgpack.plain) : null,
}

/** The formats, by name. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  'express-session': {
    reader: expressSession({ store: memoryOf(express.persistent.rows), secret: SECRET, user, now }),
    cookies: express.persistent.cookies,
    subject: '42',
    signed: true,
  },
  'cookie-session': {
    reader: cookieSession({ keys: SECRET, user, now }),
    cookies: fixture('cookie-session').plain,
    subject: '42',
    signed: true,
  },
  'koa-session in the cookie': {
    reader: koaSession({ keys: [SECRET], user, now }),
    cookies: koa.plain,
    subject: '42',
    signed: true,
  },
  'koa-session in a store': {
    reader: koaSession({ keys: [SECRET], store: objectStore(koa.stored.rows), user, now }),
    cookies: koa.stored.cookies,
    subject: '42',
    signed: true,
  },
  'koa-generic-session': {
    reader: koaGenericSession({ keys: SECRET, store: objectStore(generic.stored.rows), user, now }),
    cookies: generic.stored.cookies,
    subject: '42',
    signed: true,
  },
  'Flask, compressed': {
    reader: flask({ secret: SECRET, now }),
    cookies: flaskMade.plain,
    subject: '42',
    signed: true,
  },
  'Flask, plain': {
    reader: flask({
      secret: SECRET,
      user: 'cart',
      ids: { subjectOf: (id) => String(id), idOf: Number },
      now,
    }),
    cookies: flaskMade.anonymous,
    subject: '1,2',
    signed: true,
  },
  'Flask-Session': {
    reader: flaskSession({ client: flaskClient, format: decode, now }),
    cookies: { session: flaskRows.sid },
    subject: '42',
    signed: false,
  },
  'Flask-Session with a signer': {
    reader: flaskSession({ client: signedClient, format: decode, signedBy: SECRET, now }),
    cookies: flaskRows.signed.cookies,
    subject: '42',
    signed: true,
  },
  Django: {
    reader: django({
      secret: SECRET,
      rows: djangoRow(djangoMade.plain),
      passwordOf: () => djangoMade.user.password,
      now,
    }),
    cookies: djangoMade.plain.cookies,
    subject: '1',
    signed: false,
  },
  'next-auth 4': {
    reader: nextAuth({ secret: SECRET, now }),
    cookies: fixture('next-auth').plain,
    subject: '42',
    signed: true,
  },
  'Auth.js 5': {
    reader: authJs({ secret: SECRET, now }),
    cookies: fixture('authjs').plain,
    subject: '42',
    signed: true,
  },
  'iron-session': {
    reader: ironSession({ password: SECRET, cookie: 'app-session', user: 'user.id', now }),
    cookies: fixture('iron-session').plain,
    subject: '42',
    signed: true,
  },
}
