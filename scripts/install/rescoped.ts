/** Packages under another scope: renamed by the command, installed from their files, run under the new name. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../packages/testkit/src/redis-server.js'
import { root, run } from '../machine/run.mjs'
import { printed } from './printed.mjs'
import { createProject } from './project.mjs'
import { tellStory } from './story.js'

const SCRIPT = join(root, 'scripts/rescope.mjs')

/** Registers the tests. */
export const rescoped = (): void => {
  describe('under another scope', () => {
    let project: ReturnType<typeof createProject>
    let tarballs: string[] = []
    let hint = ''

    beforeAll(async () => {
      project = createProject()
      const args = [SCRIPT, '@acme', '--out', join(project.folder, 'tarballs')]
      const { code, output } = await run(process.execPath, args, { quiet: true, cwd: project.folder })
      expect(code, output).toBe(0)
      tarballs = output.split('\n').filter((line) => /^\/.*\.tgz$/.test(line))
      hint = /npm install (.* express)$/m.exec(output)?.[1] ?? ''
    }, 180_000)
    afterAll(() => project?.remove())

    test('the tarballs install from their paths, and the first program runs', {
      timeout: 120_000,
    }, async () => {
      expect(tarballs.length).toBe(7)
      expect(tarballs.filter((tarball) => !existsSync(tarball))).toEqual([])
      const named = hint.split(' ').slice(0, -1)
      expect(named.length).toBe(3)
      expect(tarballs).toEqual(expect.arrayContaining(named))
      await project.run(`npm install ${tarballs.join(' ')} express ioredis`)
      const packed = await project.run('npm ls --all --parseable')
      expect(packed).not.toMatch(/@auth[/\\]/)
      const program = printed('express', 'first program').replace('@auth/express', '@acme/express')
      project.write('server.mjs', program)
      const running = await project.serve(['server.mjs'], await freePort(), { NODE_ENV: 'development' })
      await tellStory(running.base).finally(running.stop)
    })

    test('nothing of the old scope is left', async () => {
      const found = await project
        .run('grep -rlE @auth[/:] node_modules/@acme')
        .catch((error: Error) => error.message)
      expect(found).not.toMatch(/^node_modules/m)
      const manifest = "console.log(Object.keys(require('@acme/store-redis')).join())"
      project.write('load.cjs', manifest)
      expect(await project.run('node load.cjs')).toContain('redisStore')
    })
  })
}
