/** The way of a newcomer: the literal commands of the READMEs in empty projects, the programs as printed, old compilers. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build, must, root, temporaryFolder } from '../../../../scripts/machine.mjs'
import { type Packed, packAll } from '../../../../scripts/packages.mjs'
import { startRedis } from '../../src/redis-server.js'
import { openProject, type Project, printed } from './newcomer.js'
import { type Registry, startRegistry } from './registry.js'

const FORM = { email: 'demo@example.com', password: 'correct horse' }
const PRODUCTION = { NODE_ENV: 'production', SESSION_SECRET: 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5' }

const INSTALL = {
  express: 'npm install @auth/express express',
  koa: 'npm install @auth/koa koa @koa/router',
  hono: 'npm install @auth/hono hono @hono/node-server',
}

const workshop = temporaryFolder('packed')
let packed: Packed[] = []
let registry: Registry

beforeAll(async () => {
  await build()
  packed = await packAll(workshop.folder)
  registry = await startRegistry(packed)
}, 300_000)

afterAll(() => {
  registry?.close()
  workshop.remove()
})

const inProject = async (npmrc: string, play: (project: Project) => Promise<unknown>): Promise<void> => {
  const project = openProject(npmrc)
  await play(project).finally(project.end)
}

/** A client that keeps cookies by their names and values, whatever they say about TLS. */
const client = (jar = new Map<string, string>()) => ({
  jar,
  send: async (url: string, json?: unknown): Promise<Response> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { cookie, 'content-type': 'application/json' }
    const isPost = json !== undefined || url.includes('/auth/')
    const body = json === undefined ? null : JSON.stringify(json)
    const response = await fetch(url, { method: isPost ? 'POST' : 'GET', headers, body })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/;\s*max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  },
})

/** What the README promises of the first program: each step and its status. */
const story = async (base: string): Promise<void> => {
  const { jar, send } = client()
  const status = async (path: string, json?: unknown) => (await send(base + path, json)).status
  expect(await status('/me'), 'GET /me before signing in').toBe(401)
  expect(await status('/login', { ...FORM, password: 'wrong' }), 'a wrong password').toBe(401)
  expect(await status('/login', FORM), 'POST /login').toBe(200)
  const me = await (await send(`${base}/me`)).json()
  expect(me, 'GET /me').toMatchObject({ subject: '1', claims: { role: 'admin' } })
  expect(await status('/auth/refresh'), 'POST /auth/refresh').toBe(200)
  const kept = new Map(jar)
  expect(await status('/auth/logout'), 'POST /auth/logout').toBe(204)
  expect([...jar], 'the cookies after the logout').toEqual([])
  const ended = client(kept)
  expect((await ended.send(`${base}/me`)).status, 'the cookies of a session that was ended').toBe(401)
}

/** As ESM in production, and as CommonJS in development without a secret: the two ends of what a newcomer has. */
const runBoth = async (project: Project, program: string, env: NodeJS.ProcessEnv = {}) => {
  const commonJs = program.replace(/^import (\w+|\{[^}]+\}) from ('[^']+')$/gm, 'const $1 = require($2)')
  project.write('server.mjs', program)
  project.write('server.cjs', commonJs)
  await story((await project.serve('server.mjs', { ...PRODUCTION, ...env })).base)
  await story((await project.serve('server.cjs', { NODE_ENV: 'development', ...env })).base)
}

const scoped = () => `@auth:registry=${registry.url}`

test.each(Object.entries(INSTALL))(
  '@auth/%s: %s, then the first program',
  { timeout: 180_000 },
  (name, line) =>
    inProject(scoped(), async (project) => {
      expect(readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')).toContain(`\n${line}\n`)
      await project.run(line)
      await runBoth(project, printed(name, 'first program'))
    }),
)

test('@auth/store-redis: three changed lines, and sessions outlive the process', { timeout: 180_000 }, () =>
  inProject(scoped(), async (project) => {
    await project.run(`${INSTALL.express} @auth/store-redis ioredis`)
    const diff = printed('store-redis', 'first program')
    const program = [...diff.matchAll(/^-(.*)\n((?:\+.*\n)*)/gm)].reduce(
      (text, [, line = '', added = '']) => {
        expect(text).toContain(line)
        return text.replace(line, () => added.replace(/^\+/gm, '').trimEnd())
      },
      printed('express', 'first program'),
    )
    const redis = await startRedis()
    const env = { REDIS_URL: redis.url }
    try {
      await runBoth(project, program, env)
      const { send } = client()
      const first = await project.serve('server.mjs', { ...PRODUCTION, ...env })
      expect((await send(`${first.base}/login`, FORM)).status).toBe(200)
      first.stop()
      const second = await project.serve('server.mjs', { ...PRODUCTION, ...env })
      expect((await send(`${second.base}/me`)).status, 'in another process').toBe(200)
    } finally {
      await redis.stop()
    }
  }),
)

test('only the scope was asked of its registry', () => {
  expect(registry.requests.filter((request) => !request.startsWith('GET /@auth/'))).toEqual([])
})

describe('publishing without the scope line', () => {
  const publish = (path: string) =>
    inProject(`registry=${registry.url}\n${registry.url.slice(5)}:_authToken=any`, (project) =>
      project.run(`npm publish ${path}`).catch((error: Error) => error.message),
    )

  test('the configured registry hears nothing of a package', { timeout: 60_000 }, async () => {
    const since = registry.requests.length
    for (const { tarball } of packed) await publish(tarball)
    expect(registry.requests.slice(since)).toEqual([])
  })
})

test(
  'under another scope: tarballs that install by the printed line, and the first program',
  { timeout: 300_000 },
  () =>
    inProject('', async (project) => {
      const output = await must(`node scripts/rescope.mjs @acme --out ${project.folder}/tarballs`)
      for (const name of ['express', 'koa', 'hono'] as const) {
        const line = output
          .split('\n')
          .find((each) => each.startsWith('npm install') && each.includes(`acme-${name}-`))
        await project.run(line ?? `no line for ${name}`)
        const program = printed(name, 'first program').replaceAll('@auth/', '@acme/')
        project.write(`${name}.mjs`, program)
        await story((await project.serve(`${name}.mjs`, { NODE_ENV: 'development' })).base)
      }
      expect(await project.run('npm ls --all --parseable')).not.toMatch(/@auth[/\\]/)
    }),
)

/** The READMEs' typed programs, each once more with a misspelt claim, which claims that became `any` would let pass. */
describe('TypeScript consumers', () => {
  const COMPILERS = ['5.4', '5.9', '6.0']
  const RESOLUTIONS = [
    // The declarations themselves are checked once per compiler: resolution changes nothing in them.
    { moduleResolution: 'nodenext', module: 'nodenext', skipLibCheck: false },
    { moduleResolution: 'bundler', module: 'esnext', skipLibCheck: true },
  ]
  const REDIS = `
import { createAuth } from '@auth/express'
import { type RedisPort, redisOptions, redisStore } from '@auth/store-redis'
import { Redis } from 'ioredis'
const port: RedisPort = { send: async (key, args) => [key, ...args] }
const claims = (id: string) => ({ role: id === '1' ? 'admin' : 'reader' })
export const auth = createAuth({ store: redisStore(new Redis('redis://localhost', redisOptions)), claims })
export const other = createAuth({ store: redisStore(port, { prefix: 'app' }), claims })
export const role = async (token: string): Promise<string> => (await auth.core.authenticate(token)).claims.role
`
  const express = printed('express', 'typescript')
  const programs: Record<string, string> = {
    'express.ts': express,
    'express.cts': express.replace('import express, {', 'import express = require("express")\nimport {'),
    'koa.ts': printed('koa', 'typescript'),
    'hono.ts': printed('hono', 'typescript'),
    'redis.ts': REDIS,
  }
  const compilerOptions = { target: 'es2022', lib: ['es2023'], types: ['node'], strict: true, noEmit: true }
  let project: Project

  beforeAll(async () => {
    project = openProject(scoped())
    project.write('package.json', '{ "private": true, "type": "module" }')
    const ours = ['express', 'koa', 'hono', 'store-redis'].map((name) => `@auth/${name}`).join(' ')
    const compilers = COMPILERS.map((version) => `ts${version}@npm:typescript@~${version}`).join(' ')
    const others = 'express koa @koa/router hono ioredis @types/express @types/koa @types/node@20'
    await project.run(`npm install ${ours} ${others} ${compilers}`)
    for (const [file, text] of Object.entries(programs)) {
      project.write(`right-${file}`, text)
      project.write(`wrong-${file}`, text.replaceAll('claims.role', 'claims.rolle'))
    }
  }, 300_000)
  afterAll(() => project?.end())

  for (const version of COMPILERS) {
    test.each(RESOLUTIONS)(
      `TypeScript ${version}, $moduleResolution`,
      { timeout: 180_000 },
      async (resolution) => {
        const commonJs = resolution.moduleResolution === 'nodenext' // CommonJS sees other declarations (`.d.cts`)
        const files = Object.keys(programs).filter((file) => commonJs || !file.endsWith('.cts'))
        const include = files.flatMap((file) => [`right-${file}`, `wrong-${file}`])
        const options = { ...compilerOptions, exactOptionalPropertyTypes: true, ...resolution }
        project.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: include }))
        const tsc = `node node_modules/ts${version}/bin/tsc --pretty false -p .`
        const output = await project.run(tsc).catch((error: Error) => error.message)
        const about = output.split('\n').map((line) => /^(\S+)\(\d.*error TS/.exec(line)?.[1] ?? '')
        // What frameworks' own declarations do to each other is theirs.
        const ours = about.filter((file) => file && !/^node_modules\/(?!@auth)/.test(file))
        expect([...new Set(ours)].sort(), output).toEqual(files.map((file) => `wrong-${file}`).sort())
      },
    )
  }
})
