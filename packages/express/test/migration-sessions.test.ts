import { readFileSync } from 'node:fs'
import type { ContractServer } from '@auth/contracts'
import cookieSession from 'cookie-session'
import express from 'express'
import session from 'express-session'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createAuth, memoryStore } from '../src/index.js'
import { closeAll, SECRET, served } from './migration-scene.js'

/** The way from server-side sessions in docs/migration.md, deploy by deploy, as it is printed. */
const page = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8')
const printed = (name: string): string => {
  const [, text] = new RegExp(`<!-- migration: ${name} -->\\n\`\`\`js\\n([\\s\\S]*?)\`\`\``).exec(page) ?? []
  if (!text) throw new Error(`docs/migration.md has no block "${name}"`)
  return text
}

type App = ReturnType<typeof express>
type Handler = express.RequestHandler

/** The data centre: what survives a deploy. */
const world = () => {
  const store = memoryStore()
  const claimsOf = (id: string) => (id === 'locked' ? null : { role: 'admin' })
  const auth = () => createAuth({ secret: SECRET, store, claims: claimsOf })
  const sessions = new session.MemoryStore()
  const oldSession = session({ secret: 'old', store: sessions, resave: false, saveUninitialized: false })
  return { auth, claimsOf, sessions, oldSession }
}
type World = ReturnType<typeof world>

const users = { check: async ({ id }: { id: string }) => ({ id, name: id }) }

const run = (
  text: string,
  app: App,
  { claimsOf }: World,
  oldSession: Handler,
  auth: ReturnType<World['auth']>,
) =>
  new Function('express', 'users', 'app', 'auth', 'oldSession', 'claimsOf', text)(
    express,
    users,
    app,
    auth,
    oldSession,
    claimsOf,
  )

/** Deploys: 0 is the application as it was, 1 to 3 are the steps of the page. */
const deploy = (
  step: 0 | 1 | 2 | 3,
  around: World,
  oldSession: Handler = around.oldSession,
  move = printed('move'),
) =>
  served((app) => {
    const auth = around.auth()
    const [mounting, ...accepting] = printed('accept').split('\n\n')
    if (step > 0) app.use(auth.endpoints())
    if (step < 3) run(`${mounting}`, app, around, oldSession, auth)
    if (step === 2) run(move, app, around, oldSession, auth)
    if (step === 2) run(printed('login'), app, around, oldSession, auth)
    app.post('/login', express.json(), async (req, res) => {
      if (step === 3) await auth.login(req, res, { subject: req.body.id })
      else Object.assign(req.session as object, { userId: req.body.id })
      res.end()
    })
    app.get('/', (_req, res) => void res.send('a page'))
    const answer: Handler = (req, res) => {
      const { userId } = req.session as unknown as { userId?: string }
      if (userId) res.json({ subject: userId })
      else res.status(401).end()
    }
    if (step === 0) app.get('/profile', answer)
    else if (step === 3) app.get('/profile', auth.guard(), (_req, res) => void res.json(res.locals.auth))
    else run(accepting.join('\n\n'), app, around, oldSession, auth)
  })

/** A browser that keeps cookies from deploy to deploy. */
const browser = () => {
  const cookies = new Map<string, string>()
  const send = async (
    server: ContractServer,
    method: string,
    path: string,
    more: Record<string, string> = {},
    json?: object,
  ) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', cookie, ...more }
    const response = await server.fetch(path, {
      method,
      headers,
      ...(json ? { body: JSON.stringify(json) } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0|1970/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  const login = (server: ContractServer, id = 'alice') => send(server, 'POST', '/login', {}, { id })
  const load = (server: ContractServer) => send(server, 'GET', '/', { 'sec-fetch-mode': 'navigate' })
  const status = async (server: ContractServer) => (await send(server, 'GET', '/profile')).status
  return { cookies, send, login, load, status }
}

beforeEach(() => {
  vi.stubEnv('NODE_ENV', 'production')
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  await closeAll()
})

describe('from express-session', () => {
  test('whoever comes by is never signed out', async () => {
    const around = world()
    const visitor = browser()
    await visitor.login(await deploy(0, around))
    expect(await visitor.status(await deploy(1, around))).toBe(200)
    const moving = await deploy(2, around)
    expect(await visitor.status(moving), 'before any page load').toBe(200)
    const redirect = await visitor.load(moving)
    expect([redirect.status, redirect.headers.get('location')]).toEqual([303, '/'])
    expect([...visitor.cookies.keys()]).toEqual(['__Host-access_token', '__Secure-refresh_token'])
    expect((await visitor.load(moving)).status).toBe(200)
    expect(await visitor.status(moving)).toBe(200)
    expect(await visitor.status(await deploy(3, around))).toBe(200)
  })

  test('old and new instances run side by side in each deploy', async () => {
    const around = world()
    const [before, accepting, moving, after] = await Promise.all(
      ([0, 1, 2, 3] as const).map((step) => deploy(step, around)),
    )
    if (!before || !accepting || !moving || !after) throw new Error('not deployed')
    const early = browser()
    await early.login(before)
    expect([await early.status(accepting), await early.status(before)]).toEqual([200, 200])
    const late = browser()
    await late.login(moving)
    expect([await late.status(accepting), await late.status(moving), await late.status(after)]).toEqual([
      200, 200, 200,
    ])
    await early.load(moving)
    expect([await early.status(accepting), await early.status(after)]).toEqual([200, 200])
    expect(await early.status(before), 'why step 1 must be everywhere first').toBe(401)
  })

  test('an old session that has moved is dead', async () => {
    const around = world()
    const visitor = browser()
    await visitor.login(await deploy(0, around))
    const copy = new Map(visitor.cookies)
    const moving = await deploy(2, around)
    await visitor.load(moving)
    const thief = browser()
    for (const [name, value] of copy) thief.cookies.set(name, value)
    expect(await thief.status(moving)).toBe(401)
    expect((await thief.load(moving)).status).toBe(200)
    expect(await thief.status(moving)).toBe(401)
  })

  test('logging out ends what there is', async () => {
    const around = world()
    const moving = await deploy(2, around)
    const unmoved = browser()
    await unmoved.login(await deploy(0, around))
    const moved = browser()
    await moved.login(moving)
    for (const visitor of [unmoved, moved]) {
      expect(await visitor.status(moving)).toBe(200)
      expect((await visitor.send(moving, 'POST', '/logout')).status).toBe(204)
      expect(await visitor.status(moving)).toBe(401)
    }
  })

  test('a login as somebody else is not overruled by the old session', async () => {
    const around = world()
    const visitor = browser()
    await visitor.login(await deploy(0, around), 'alice')
    const moving = await deploy(2, around)
    await visitor.login(moving, 'bob')
    expect((await visitor.load(moving)).status).toBe(200)
    expect(await (await visitor.send(moving, 'GET', '/profile')).json()).toEqual({ subject: 'bob' })
  })

  test('whoever did not come by signs in once', async () => {
    const around = world()
    const visitor = browser()
    await visitor.login(await deploy(0, around))
    const after = await deploy(3, around)
    expect(await visitor.status(after)).toBe(401)
    await visitor.login(after)
    expect(await visitor.status(after)).toBe(200)
  })

  test('who may no longer sign in does not move', async () => {
    const around = world()
    const visitor = browser()
    await visitor.login(await deploy(0, around), 'locked')
    expect((await visitor.load(await deploy(2, around))).status).toBe(403)
  })
})

test('from cookie-session', async () => {
  const around = world()
  const oldSession = cookieSession({ name: 'old', secret: 'old' }) as unknown as Handler
  const instead = ['req.session = null', 'res.redirect(303, req.originalUrl)']
  for (const code of instead) expect(page).toContain(`\`${code}\``)
  const move = printed('move').replace(/req\.session\.destroy\(.*\n/, `${instead.join('\n  ')}\n`)
  const visitor = browser()
  await visitor.login(await deploy(0, around, oldSession))
  expect(await visitor.status(await deploy(1, around, oldSession))).toBe(200)
  const moving = await deploy(2, around, oldSession, move)
  expect((await visitor.load(moving)).status).toBe(303)
  expect([...visitor.cookies.keys()].sort()).toEqual(['__Host-access_token', '__Secure-refresh_token'])
  expect(await visitor.status(await deploy(3, around))).toBe(200)
})
