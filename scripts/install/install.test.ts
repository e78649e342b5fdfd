/** The way of a newcomer: the packed packages, a registry for their scope, npm, and what the READMEs print. */

import { afterAll, beforeAll } from 'vitest'
import type { Packed } from '../packed/pack.mjs'
import { consumers } from './consumers.js'
import { firstPrograms } from './first-programs.js'
import { packAll, temporaryFolder } from './pack-all.mjs'
import { publishing } from './publishing.js'
import { type Registry, startRegistry } from './registry.mjs'
import { rescoped } from './rescoped.js'

const workshop = temporaryFolder('packed')
let packed: Packed[] = []
let registry: Registry

beforeAll(async () => {
  packed = await packAll(workshop.folder)
  registry = await startRegistry(packed)
}, 180_000)

afterAll(async () => {
  await registry?.close()
  workshop.remove()
})

firstPrograms(() => registry)
publishing(() => packed)
consumers(() => registry)
rescoped()
