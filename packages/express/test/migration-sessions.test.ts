/** The way from server-side sessions in docs/migration.md, deploy by deploy, as it is printed, from a real express-session. */

import { readFileSync } from 'node:fs'
import type { ContractServer } from '@auth/contracts'
import { expressSession } from '@auth/takeover'
import express from 'express'
import session from 'express-session'
import { afterEach, expect, test } from 'vitest'
import { createAuth, memoryStore } from '../src/index.js'
import { closeAll, SECRET, served } from './migration-scene.js'

const OLD_SECRET = 'the secret of the old sessions'
const page = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8')
const printed = (name: string): string => {
  const [, text] = new RegExp(`<!-- migration: ${name} -->\\n\`\`\`js\\n([\\s\\S]*?)\`\`\``).exec(page) ?? []
  if (!text) throw new Error(`docs/migration.md has no block "${name}"`)
  return text.replace(/^import .*\n/gm, '')
}

afterEach(closeAll)

/** The data centre: what survives a deploy. */
const world = () => ({ store: memoryStore(), oldStore: new session.MemoryStore() })
type World = ReturnType<typeof world>

const users = { check: async ({ id }: { id?: string }) => (id ? { id, name: id } : null) }

/** The application as it was: a session in a store, a user id in the session. */
const before = ({ oldStore }: World) =>
  served((app) => {
    app.use(session({ secret: OLD_SECRET, store: oldStore, resave: false, saveUninitialized: false }))
    app.post('/login', express.json(), (req, res) => {
      Object.assign(req.session, { userId: req.body.id })
      res.json({})
    })
    app.get('/profile', (req, res) => {
      const { userId } = req.session as { userId?: string }
      res.status(userId ? 200 : 401).json({ subject: userId })
    })
  })

/** The application of a deploy: the printed program, its `takeover` with some changes. */
const after = ({ store, oldStore }: World, change = (program: string) => program) =>
  served((app) => {
    const scope = {
      app,
      express,
      createAuth: (options: Parameters<typeof createAuth>[0]) =>
        createAuth({ ...options, environment: 'production', onEvent: () => undefined }),
      expressSession,
      store,
      oldStore,
      users,
      claims: () => ({}),
      process: { env: { SESSION_SECRET: SECRET, OLD_SECRET } },
    }
    new Function(...Object.keys(scope), change(printed('take over')))(...Object.values(scope))
  })

/** A browser with a jar of its own. */
const browser = () => {
  const jar = new Map<string, string>()
  return {
    jar,
    go: async (server: ContractServer, request: string, json?: object) => {
      const [method = 'GET', path = '/'] = request.split(' ')
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const headers: Record<string, string> = {
        cookie,
        'sec-fetch-site': 'same-origin',
        'content-type': json ? 'application/json' : '',
      }
      const response = await server.fetch(path, {
        method,
        headers,
        ...(json ? { body: JSON.stringify(json) } : {}),
      })
      for (const line of response.headers.getSetCookie()) {
        const [pair = '', ...attributes] = line.split('; ')
        const at = pair.indexOf('=')
        const isGone = attributes.some(
          (attribute) => /^max-age=0$/i.test(attribute) || /1970/.test(attribute),
        )
        if (isGone) jar.delete(pair.slice(0, at))
        else jar.set(pair.slice(0, at), pair.slice(at + 1))
      }
      return response.status
    },
  }
}

test('a user who is signed in stays signed in through every deploy, and never sees a login page', async () => {
  const data = world()
  const alice = browser()
  const old = await before(data)
  expect(await alice.go(old, 'POST /login', { id: 'alice' })).toBe(200)

  const one = await after(data)
  expect(await alice.go(one, 'GET /profile')).toBe(200)
  expect([...alice.jar.keys()].sort()).toEqual([
    '__Host-access_token',
    '__Secure-refresh_token',
    'connect.sid',
  ])
  expect(await alice.go(one, 'POST /auth/refresh')).toBe(200)
  // The way back is open.
  expect(await alice.go(await before(data), 'GET /profile')).toBe(200)

  const two = await after(data, (program) => program.replace('until:', 'end: true, until:'))
  expect(await alice.go(two, 'GET /profile')).toBe(200)
  const three = await after(data, (program) => program.replace(/ {2}takeover: \{[\s\S]*?\n {2}\},\n/, ''))
  expect(await alice.go(three, 'GET /profile')).toBe(200)
})

test('fifty first requests in two processes make one session', async () => {
  const data = world()
  const alice = browser()
  await alice.go(await before(data), 'POST /login', { id: 'alice' })
  const servers = [await after(data), await after(data)]
  const copies = Array.from({ length: 50 }, () => {
    const copy = browser()
    copy.jar.set('connect.sid', alice.jar.get('connect.sid') as string)
    return copy
  })
  const answers = await Promise.all(
    copies.map((copy, at) => copy.go(servers[at % 2] as ContractServer, 'GET /profile')),
  )
  expect(new Set(answers)).toEqual(new Set([200]))
  expect(new Set(copies.map(({ jar }) => jar.get('__Secure-refresh_token'))).size).toBe(1)
  expect(await data.store.list('alice')).toHaveLength(1)
})

test('a logout, and a second person on the same browser, end the old session for good', async () => {
  const data = world()
  const [alice, shared] = [browser(), browser()]
  const old = await before(data)
  await alice.go(old, 'POST /login', { id: 'alice' })
  await shared.go(old, 'POST /login', { id: 'alice' })
  const app = await after(data)
  const copy = alice.jar.get('connect.sid') as string
  expect(await alice.go(app, 'GET /profile')).toBe(200)
  expect(await alice.go(app, 'POST /logout')).toBe(204)
  const thief = browser()
  thief.jar.set('connect.sid', copy)
  expect(await thief.go(app, 'GET /profile')).toBe(401)
  expect(await thief.go(await before(data), 'GET /profile')).toBe(401)

  const left = shared.jar.get('connect.sid') as string
  expect(await shared.go(app, 'POST /login', { id: 'bob' })).toBe(200)
  expect(await data.store.list('alice')).toEqual([])
  const again = browser()
  again.jar.set('connect.sid', left)
  expect(await again.go(app, 'GET /profile')).toBe(401)
})
