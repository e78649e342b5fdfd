/** Consumers in TypeScript: the READMEs' typed programs under compilers old and new, our declarations checked as well. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { printed } from './printed.mjs'
import { createProject } from './project.mjs'
import type { Registry } from './registry.mjs'

const COMPILERS = { '5.4': 'typescript54', '5.9': 'typescript59', '6.0': 'typescript6' }

const PACKAGES = [
  ...['express', 'koa', 'hono', 'store-redis'].map((name) => `@auth/${name}`),
  ...['express', 'koa', '@koa/router', 'hono', 'ioredis'],
  ...['@types/express', '@types/koa', '@types/node@20'],
  ...Object.entries(COMPILERS).map(([version, name]) => `${name}@npm:typescript@~${version}`),
]

/** The declarations themselves are checked once per compiler: it is slow, and resolution changes nothing in them. */
const RESOLUTIONS = [
  { moduleResolution: 'nodenext', module: 'nodenext', skipLibCheck: false },
  { moduleResolution: 'bundler', module: 'esnext', skipLibCheck: true },
]

const SETTINGS = {
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
}

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

/** A misspelt claim must be an error: claims that have become `any` would let it pass. */
const misspelt = (program: string) => program.replaceAll('claims.role', 'claims.rolle')

const inCommonJs = (program: string) =>
  program.replace('import express, {', 'import express = require("express")\nimport {')

const PROGRAMS: Record<string, () => string> = {
  'express.ts': () => printed('express', 'typescript'),
  'koa.ts': () => printed('koa', 'typescript'),
  'hono.ts': () => printed('hono', 'typescript'),
  'redis.ts': () => REDIS,
}

/** Diagnostics by the file that they are about; what frameworks' own declarations do to each other is theirs. */
const ours = (output: string): string[] =>
  output
    .split('\n')
    .filter(
      (line) =>
        /error TS/.test(line) && (/node_modules\/@auth\//.test(line) || !/^node_modules\//.test(line)),
    )

/** Registers the tests. */
export const consumers = (registry: () => Registry): void => {
  describe('TypeScript consumers', () => {
    let project: ReturnType<typeof createProject>
    beforeAll(async () => {
      project = createProject(`@auth:registry=${registry().url}`)
      project.write('package.json', '{ "private": true, "type": "module" }')
      await project.run(`npm install ${PACKAGES.join(' ')}`)
      const programs = Object.entries(PROGRAMS).map(([file, text]) => [file, text()] as const)
      // CommonJS sees other declarations (`.d.cts`); only nodenext knows of the difference.
      const commonJs = ['express.cts', inCommonJs(printed('express', 'typescript'))] as const
      for (const [file, text] of [...programs, commonJs]) {
        project.write(`right-${file}`, text)
        project.write(`wrong-${file}`, misspelt(text))
      }
    }, 180_000)
    afterAll(() => project?.remove())

    const compile = async (compiler: string, compilerOptions: object, files: readonly string[]) => {
      const name = 'tsconfig.json'
      project.write(name, JSON.stringify({ compilerOptions, files }))
      const command = `node node_modules/${compiler}/bin/tsc --pretty false -p ${name}`
      return ours(await project.run(command).catch((error: Error) => error.message))
    }

    for (const [version, compiler] of Object.entries(COMPILERS)) {
      for (const resolution of RESOLUTIONS) {
        const name = `TypeScript ${version}, ${resolution.moduleResolution}`
        test(name, { timeout: 120_000 }, async () => {
          const commonJs = resolution.moduleResolution === 'nodenext' ? ['express.cts'] : []
          const names = [...Object.keys(PROGRAMS), ...commonJs].sort()
          const files = names.flatMap((file) => [`right-${file}`, `wrong-${file}`])
          const found = await compile(compiler, { ...SETTINGS, ...resolution }, files)
          expect(found.filter((line) => !line.startsWith('wrong-'))).toEqual([])
          const caught = found.map((line) => /^wrong-([\w.]+)/.exec(line)?.[1])
          expect([...new Set(caught)].sort(), found.join('\n')).toEqual(names)
        })
      }
    }
  })
}
