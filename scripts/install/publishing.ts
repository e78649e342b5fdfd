/** Without the scope line nothing reaches the registry that npm is set up for: `publishConfig` names another. */

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Packed } from '../packed/pack.mjs'
import { createProject } from './project.mjs'
import { type Registry, startRegistry } from './registry.mjs'

/** Registers the tests. A stand-in takes the public registry's place; somebody is even signed in to it. */
export const publishing = (packed: () => readonly Packed[]): void => {
  describe('publishing without the scope line', () => {
    let standIn: Registry
    let project: ReturnType<typeof createProject>
    beforeAll(async () => {
      standIn = await startRegistry([])
      const { host } = new URL(standIn.url)
      project = createProject(`registry=${standIn.url}/\n//${host}/:_authToken=anything`)
    })
    afterAll(async () => {
      project?.remove()
      await standIn?.close()
    })

    const publish = (path: string) =>
      project.run(`npm publish ${path} --loglevel=notice`).catch((error: Error) => error.message)

    test('the publicly configured registry hears nothing of any package', { timeout: 60_000 }, async () => {
      const outputs = await Promise.all(packed().map(({ tarball }) => publish(tarball)))
      for (const output of outputs) expect(output).toMatch(/http:\/\/localhost:4873|ECONNREFUSED|ENEEDAUTH/)
      expect(standIn.requests.filter((request) => request.startsWith('PUT'))).toEqual([])
      expect(standIn.requests).toEqual([])
    })

    test('it would hear of a package that names no registry', { timeout: 60_000 }, async () => {
      const [{ folder } = { folder: '' }] = packed()
      const copy = join(project.folder, 'unguarded')
      cpSync(folder, copy, { recursive: true })
      const file = join(copy, 'package.json')
      const { publishConfig, ...manifest } = JSON.parse(readFileSync(file, 'utf8'))
      expect(publishConfig.registry).toBe('http://localhost:4873/')
      writeFileSync(file, JSON.stringify(manifest))
      await publish(copy)
      expect(standIn.requests.some((request) => request.startsWith('PUT /@auth/'))).toBe(true)
    })
  })
}
