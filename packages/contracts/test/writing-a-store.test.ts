/** docs/writing-a-store.md prints a store; it type-checks and keeps the contract. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TokenStore } from '@auth/core'
import * as core from '@auth/core'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { fakeClock, storeContract, unmetNeeds } from '../src/index.js'

type SqliteStore = (db: object, now: () => number) => TokenStore

const page = readFileSync(new URL('../../../docs/writing-a-store.md', import.meta.url), 'utf8')
const printed = /<!-- store -->\n```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? ''

const sqliteStore = (): SqliteStore => {
  const target = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 }
  const script = ts.transpileModule(printed, { compilerOptions: target }).outputText
  const exported: { sqliteStore?: SqliteStore } = {}
  new Function('exports', 'require', script)(exported, () => core)
  if (!exported.sqliteStore) throw new Error('the page prints no store')
  return exported.sqliteStore
}
/** The SQLite of the examples: the library itself has none. */
const Database = createRequire(new URL('../../../examples/custom-store/package.json', import.meta.url))(
  'libsql',
)

test('the page prints a store that type-checks', () => {
  const name = fileURLToPath(new URL('./printed-store.ts', import.meta.url))
  const config = ts.getParsedCommandLineOfConfigFile(
    fileURLToPath(new URL('./tsconfig.json', import.meta.url)),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )
  const host = ts.createCompilerHost(config?.options ?? {})
  const { fileExists, getSourceFile } = host
  host.fileExists = (file) => file === name || fileExists.call(host, file)
  host.getSourceFile = (file, target) =>
    file === name ? ts.createSourceFile(file, printed, target) : getSourceFile.call(host, file, target)
  const whole = ts.createProgram([name], config?.options ?? {}, host)
  const found = ts.getPreEmitDiagnostics(whole, whole.getSourceFile(name))
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([])
})

test.each(storeContract)('the page prints a store that keeps: $name', async (clause) => {
  const folder = mkdtempSync(join(tmpdir(), 'printed-store-'))
  const connections = [1, 2].map(() => new Database(join(folder, 'sessions.db')))
  // Nothing is to survive a power cut here.
  for (const db of connections) db.exec('PRAGMA synchronous = OFF')
  const clock = fakeClock()
  const [store, other] = connections.map((db) => sqliteStore()(db, clock.now)) as [TokenStore, TokenStore]
  try {
    const subject = { store, other, advance: clock.advance }
    const unmet = unmetNeeds(clause, subject)
    // SQLite tells no process of what another has written.
    expect(unmet.filter((need) => need !== 'wake')).toEqual([])
    if (unmet.length === 0) await clause.run(subject)
  } finally {
    for (const used of [store, other]) await used.close()
    for (const db of connections) db.close()
    rmSync(folder, { recursive: true })
  }
})
