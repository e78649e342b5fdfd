/** The public surface, documented, and pinned name by name: adding one is a decision, removing one is a major release. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application, type DeclarationReflection, ReflectionKind } from 'typedoc'
import { beforeAll, expect, test } from 'vitest'
import { root } from './machine.mjs'
import { entryPoints } from './packages.mjs'

const entries = entryPoints()
let surface: { entry: string; exported: DeclarationReflection[] }[] = []

beforeAll(async () => {
  const app = await Application.bootstrap({
    entryPoints: entries.map(({ source }) => source),
    sortEntryPoints: false,
    tsconfig: join(root, 'tsconfig.base.json'),
    readme: 'none',
    skipErrorChecking: true, // the compiler has its own step
  })
  const modules = (await app.convert())?.children ?? []
  surface = entries.map(({ entry }, at) => ({ entry, exported: modules[at]?.children ?? [] }))
}, 120_000)

const original = (exported: DeclarationReflection) =>
  exported.isReference() ? (exported.getTargetReflectionDeep() as DeclarationReflection) : exported

const commentOf = ({ comment, signatures, type }: DeclarationReflection) => {
  const inner = type?.type === 'reflection' ? type.declaration.signatures : undefined
  const found = comment ?? [...(signatures ?? []), ...(inner ?? [])].find((each) => each.comment)?.comment
  return found?.summary.map(({ text }) => text).join('') ?? ''
}

/** TypeDoc lends an export the comment at the top of its file, or of the entry point's: that speaks of the file. */
const isDocumented = (exported: DeclarationReflection) => {
  const start = commentOf(exported).split('\n')[0] ?? ''
  const files = [
    ...entries.map(({ source }) => source),
    ...(exported.sources ?? []).map((at) => at.fullFileName),
  ]
  return start !== '' && !files.some((file) => readFileSync(file, 'utf8').startsWith(`/** ${start}`))
}

test('every public export has a comment of its own', () => {
  const all = surface.flatMap(({ entry, exported }) =>
    exported.map((each) => ({ entry, each: original(each) })),
  )
  const silent = all.filter(({ each }) => !isDocumented(each))
  expect(silent.map(({ entry, each }) => `${entry}: ${each.name} has no doc comment`)).toEqual([])
})

test('the names of each entry point are those in packages/public-names.json', async () => {
  const isType = (each: DeclarationReflection) =>
    original(each).kindOf(ReflectionKind.Interface | ReflectionKind.TypeAlias)
  const namesOf = (some: DeclarationReflection[]) => some.map(({ name }) => name).sort()
  const names = surface.map(({ entry, exported }) => [
    entry,
    {
      values: namesOf(exported.filter((each) => !isType(each))),
      types: namesOf(exported.filter(isType)),
    },
  ])
  const text = JSON.stringify(Object.fromEntries(names), null, 2)
  await expect(`${text}\n`).toMatchFileSnapshot('../packages/public-names.json')
})
