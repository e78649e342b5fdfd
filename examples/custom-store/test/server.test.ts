/** The server as a visitor meets it: signed in before a restart, and after it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { browserJar } from '@auth/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
let server: ChildProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'custom-store-'))
})
afterEach(() => {
  server?.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Starts the server as its users do; gives its address. */
const start = async (): Promise<string> => {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const env = { NODE_ENV: 'development', PORT: '0', SESSION_FILE: join(folder, 'sessions.db') }
  const child = spawn(process.execPath, ['server.js'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
  server = child
  for await (const chunk of child.stdout) {
    const url = /http:\/\/localhost:\d+/.exec(String(chunk))?.[0]
    if (url) return url
  }
  throw new Error('the server ended before it listened')
}
const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
  server?.kill(signal)
  const [code] = await once(server as ChildProcess, 'exit')
  return code
}

/** Cookies are kept for one address, whatever port the server has this time. */
const visitor = () => {
  const jar = browserJar()
  const home = 'http://localhost:3000'
  const cookies = async (path: string): Promise<string> => (await jar.cookies(home + path)) ?? ''
  const send = async (url: string, route: string, cookie?: string) => {
    const [method, path] = route.split(' ') as [string, string]
    const headers = { cookie: cookie ?? (await cookies(path)), 'sec-fetch-site': 'same-origin' }
    const response = await fetch(url + path, { method, headers })
    await jar.keep(home + path, response.headers.getSetCookie())
    return { status: response.status, text: await response.text() }
  }
  return { cookies, send }
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'after %s and a restart who was in is in, and who was out is out',
  async (signal) => {
    const [stays, leaves] = [visitor(), visitor()]
    const first = await start()
    for (const { send } of [stays, leaves]) expect((await send(first, 'POST /login')).status).toBe(200)
    const copied = await leaves.cookies('/me')
    expect((await leaves.send(first, 'GET /me', copied)).status).toBe(200)
    expect((await leaves.send(first, 'POST /auth/logout')).status).toBe(204)
    expect(await stop(signal)).toBe(signal === 'SIGTERM' ? 0 : null)

    const second = await start()
    const me = await stays.send(second, 'GET /me')
    expect([me.status, JSON.parse(me.text).subject]).toEqual([200, 'demo'])
    expect((await stays.send(second, 'POST /auth/refresh')).status).toBe(200)
    expect((await leaves.send(second, 'GET /me', copied)).status).toBe(401)
  },
)
