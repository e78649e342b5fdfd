import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, freePort } from '@auth/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The block of code that follows a marker in the README. */
const block = (marker: string): string => {
  const [, code] = new RegExp(`<!-- ${marker} -->\\s*\`\`\`js\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? []
  if (!code) throw new Error(`the README has no block "${marker}"`)
  return code
}

let folder: string
let program: ChildProcess
let base: string

beforeAll(async () => {
  const port = await freePort()
  base = `http://127.0.0.1:${port}`
  folder = mkdtempSync(join(tmpdir(), 'first-program-'))
  mkdirSync(join(folder, 'node_modules/@auth'), { recursive: true })
  symlinkSync(join(root, 'packages/express'), join(folder, 'node_modules/@auth/express'))
  symlinkSync(join(root, 'packages/express/node_modules/express'), join(folder, 'node_modules/express'))
  writeFileSync(join(folder, 'server.mjs'), block('first program'))
  const { SESSION_SECRET: _none, ...env } = process.env
  program = spawn(process.execPath, ['server.mjs'], {
    cwd: folder,
    env: { ...env, NODE_ENV: 'development', PORT: `${port}` },
  })
  await eventually(async () => (await fetch(`${base}/me`)).status === 401)
})
afterAll(() => {
  program?.kill()
  rmSync(folder, { recursive: true, force: true })
})

test('the first program is short and runs as printed', async () => {
  expect(block('first program').trimEnd().split('\n').length).toBeLessThan(25)
  const post = (path: string, init: RequestInit = {}) => fetch(base + path, { method: 'POST', ...init })
  const json = { 'content-type': 'application/json' }
  const wrong = await post('/login', {
    headers: json,
    body: '{"email":"ada@example.com","password":"babbage"}',
  })
  expect([wrong.status, await wrong.json()]).toEqual([401, { error: 'invalid_credentials' }])
  const login = await post('/login', {
    headers: json,
    body: '{"email":"ada@example.com","password":"lovelace"}',
  })
  expect(await login.json()).toEqual({ hello: 'Ada' })
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const me = await fetch(`${base}/me`, { headers: { cookie } })
  expect(await me.json()).toMatchObject({ subject: '1', claims: { role: 'admin' } })
  expect((await post('/auth/refresh', { headers: { cookie } })).status).toBe(200)
  expect((await post('/auth/logout', { headers: { cookie } })).status).toBe(204)
  expect((await fetch(`${base}/me`, { headers: { cookie } })).status).toBe(401)
})

test('the wrapper for browsers is the one the example page uses', () => {
  expect(block('auth-fetch')).toBe(readFileSync(join(root, 'examples/app/public/auth-fetch.js'), 'utf8'))
})

test('every link of the README leads somewhere', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path as string)
  expect(links.length).toBeGreaterThan(10)
  for (const link of links) expect(() => readFileSync(join(root, link)), link).not.toThrow(/ENOENT/)
})
