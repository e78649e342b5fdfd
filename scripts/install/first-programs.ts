/** The literal commands of the READMEs in empty projects, then their first programs, as ESM and as CommonJS. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { freePort, startRedis } from '../../packages/testkit/src/redis-server.js'
import { root } from '../machine/run.mjs'
import { asCommonJs, changed, printed } from './printed.mjs'
import { createProject } from './project.mjs'
import type { Registry } from './registry.mjs'
import { client, FORM, tellStory } from './story.js'

type Project = ReturnType<typeof createProject>

const SECRET = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'

const INSTALL = {
  express: 'npm install @auth/express express',
  koa: 'npm install @auth/koa koa @koa/router',
  hono: 'npm install @auth/hono hono @hono/node-server',
  'store-redis': 'npm install @auth/store-redis ioredis',
}

/** An empty project that knows the scope, thrown away whatever happens. */
const inEmptyProject = async (registry: Registry, play: (project: Project) => Promise<void>) => {
  const project = createProject(`@auth:registry=${registry.url}`)
  try {
    await play(project)
  } finally {
    project.remove()
  }
}

const serving = async (
  project: Project,
  file: string,
  env: NodeJS.ProcessEnv,
  play: (base: string) => Promise<void>,
) => {
  const running = await project.serve([file], await freePort(), env)
  try {
    await play(running.base)
  } finally {
    await running.stop()
  }
}

/** As ESM in production, and as CommonJS in development without a secret: the two ends of what a newcomer has. */
const runBoth = async (project: Project, program: string, env: NodeJS.ProcessEnv = {}) => {
  const production = { ...env, NODE_ENV: 'production', SESSION_SECRET: SECRET }
  await serving(project, project.write('server.mjs', program), production, tellStory)
  const development = { ...env, NODE_ENV: 'development' }
  await serving(project, project.write('server.cjs', asCommonJs(program)), development, tellStory)
}

const redisStory = async (project: Project): Promise<void> => {
  await project.run(INSTALL.express)
  const program = changed(printed('express', 'first program'), printed('store-redis', 'first program'))
  const redis = await startRedis()
  const env = { REDIS_URL: redis.url, NODE_ENV: 'production', SESSION_SECRET: SECRET }
  try {
    await runBoth(project, program, { REDIS_URL: redis.url })
    const visitor = client('')
    await serving(project, 'server.mjs', env, async (base) => {
      expect((await visitor.send('POST', '/login', FORM, base)).status).toBe(200)
    })
    await serving(project, 'server.mjs', env, async (base) => {
      expect((await visitor.send('GET', '/me', undefined, base)).status, 'in another process').toBe(200)
    })
  } finally {
    await redis.stop()
  }
}

/** Registers the tests. */
export const firstPrograms = (registry: () => Registry): void => {
  describe.concurrent('from an empty folder', () => {
    test.each(Object.entries(INSTALL))('the README of %s says how to install', (name, command) => {
      const readme = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')
      expect(readme).toContain(`\n${command}\n`)
      expect(readme).toMatch(/^@auth:registry=/m)
    })

    test.each(['express', 'koa', 'hono'] as const)('@auth/%s: npm install, then the first program', (name) =>
      inEmptyProject(registry(), async (project) => {
        await project.run(INSTALL[name])
        await runBoth(project, printed(name, 'first program'))
      }),
    )

    test('@auth/store-redis: three changed lines, and sessions outlive the process', () =>
      inEmptyProject(registry(), async (project) => {
        await project.run(INSTALL['store-redis'])
        await redisStory(project)
      }))
  })

  test('only the scope was asked of its registry', () => {
    const others = registry().requests.filter((request) => !/^GET (\/tarballs)?\/@auth\//.test(request))
    expect(others).toEqual([])
  })
}
