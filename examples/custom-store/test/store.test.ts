/** The store keeps the contract: with two connections to one file, against the model, and between processes. */

import { type ChildProcess, execFile, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fakeClock, modelStore, storeContract, unmetNeeds } from '@auth/contracts'
import type { SessionRecord } from '@auth/core'
import { firstDifference, histories } from '@auth/testkit'
import fc from 'fast-check'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sqliteStore } from '../sqlite-store.js'

const ROUNDS = 100
const HOUR = 3_600_000

let folder: string
let file: string
const opened: { close(): unknown }[] = []
const children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'custom-store-'))
  file = join(folder, 'sessions.db')
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const each of opened.splice(0)) await each.close()
  rmSync(folder, { recursive: true })
})

const open = (now?: () => number): ReturnType<typeof sqliteStore> => {
  const store = sqliteStore(file, now ? { now } : {})
  opened.push(store)
  return store
}
const connect = () => {
  const db = new Database(file)
  opened.push(db)
  return db
}
const recordOf = (id: string, now: number, epoch = now): SessionRecord => ({
  ...{ id, subject: 'alice', epoch, version: 1, generation: 1, previous: 0, rotatedAt: now, recoveries: 0 },
  ...{ seed: 'seed', createdAt: now, authenticatedAt: now, idleFor: 3600, idleExpiresAt: now + HOUR },
  ...{ expiresAt: now + HOUR, persistent: true, transport: 'cookie' },
})
/** The next message of a process. */
const answerOf = (racer: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    racer.once('message', resolve)
    racer.once('exit', (code) => reject(new Error(`a racer ended with ${code}`)))
  })
const LIFE = { markFor: HOUR }
const ROOMY = { max: 100, whenFull: 'deny', markFor: HOUR } as const

describe('the contract, with two connections to one file', () => {
  test.for(storeContract)('$name', async (clause, { skip }) => {
    const clock = fakeClock()
    const subject = { store: open(clock.now), other: open(clock.now), advance: clock.advance }
    const unmet = unmetNeeds(clause, subject)
    // SQLite tells no process of what another has written.
    expect(unmet.filter((need) => need !== 'wake')).toEqual([])
    if (unmet.length > 0) skip(`the store lacks: ${unmet.join(', ')}`)
    await clause.run(subject)
  })
})

test('under random histories the store and the model cannot be told apart', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const clock = fakeClock()
      const store = sqliteStore(':memory:', clock)
      expect(await firstDifference([store, modelStore(clock.now)], clock, history)).toBeNull()
      await store.close()
    }),
    { numRuns: 300 },
  )
})

describe('between processes', () => {
  test('of two that hammer on one row exactly one wins each version', async () => {
    const program = fileURLToPath(new URL('./racer.js', import.meta.url))
    const racers = [1, 2].map(() => fork(program, { execArgv: [] }))
    children.push(...racers)
    const ready = Promise.all(racers.map(answerOf))
    const store = open()
    await store.insert(recordOf('alice.1', Date.now()), ROOMY)
    await ready

    const answers = Promise.all(racers.map(answerOf))
    for (const racer of racers) racer.send({ file, id: 'alice.1', rounds: ROUNDS })
    const [one, two] = (await answers) as [number[], number[]]

    const version = (await store.find('alice.1')).record?.version ?? 0
    const reached = Array.from({ length: version - 1 }, (_, at) => at + 2)
    expect([...one, ...two].sort((a, b) => a - b)).toEqual(reached)
    expect(Math.min(one.length, two.length)).toBeGreaterThan(0)
    expect(reached.length, 'nobody ever lost: there was no race').toBeLessThan(2 * ROUNDS)
  })

  test('what was written is there after a restart: rows, epochs, marks and the feed', async () => {
    const now = Date.now()
    const before = sqliteStore(file)
    await before.insert(recordOf('alice.1', now), ROOMY)
    await before.insert(recordOf('alice.2', now), ROOMY)
    const { cursor } = await before.marks()
    const target = { kind: 'token', sessionId: 'alice.1', tokenId: 'lost' } as const
    await before.revoke(target, LIFE)
    await before.revoke({ kind: 'session', sessionId: 'alice.2' }, { ...LIFE, tombstoneFor: HOUR })
    await before.putDocument('ring', 'sealed', 0)
    await before.remember('once', HOUR)
    await before.close()

    const after = open()
    expect((await after.find('alice.1')).record).toEqual(recordOf('alice.1', now))
    expect((await after.find('alice.2')).record).toBeNull()
    expect((await after.epoch('alice')).epoch).toBe(now)
    const query = { sessionId: 'alice.1', subject: 'alice', epoch: now }
    expect(await after.isRevoked({ ...query, tokenId: 'lost' })).toBe(true)
    expect(await after.isRevoked({ ...query, tokenId: 'other' })).toBe(false)
    expect((await after.marks(cursor)).marks).toHaveLength(3)
    expect((await after.revoke(target, LIFE)).changed).toBe(false)
    expect((await after.insert(recordOf('alice.2', now), ROOMY)).outcome).toBe('revoked')
    expect(await after.document('ring')).toMatchObject({ text: 'sealed', version: 1 })
    expect(await after.remember('once', HOUR)).toBe(false)
  })

  test('the feed of a file that took the place of another is read from its beginning', async () => {
    const store = open()
    await store.revoke({ kind: 'session', sessionId: 'alice.1' }, LIFE)
    const { cursor } = await store.marks()
    expect((await store.marks(cursor)).marks).toHaveLength(0)
    connect().exec("UPDATE auth_data_set SET id = 'restored'")
    expect((await store.marks(cursor)).marks).toHaveLength(1)
  })

  test('a process that has opened the store ends by itself', async () => {
    const program = `import { sqliteStore } from './sqlite-store.js'
      await sqliteStore(process.argv[1]).epoch('alice')`
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    const args = ['--input-type=module', '--eval', program, file]
    await promisify(execFile)(process.execPath, args, { cwd, timeout: 10_000 })
  })
})

describe('in trouble', () => {
  test('a file that is locked for long is a rejection within a second, and reading goes on', async () => {
    const store = open()
    await store.insert(recordOf('alice.1', Date.now()), ROOMY)
    const writer = connect()
    writer.exec('BEGIN IMMEDIATE')
    const begun = performance.now()
    await expect(store.epoch('alice')).rejects.toThrow('locked')
    expect(performance.now() - begun).toBeLessThan(1000)
    expect((await store.find('alice.1')).record?.id).toBe('alice.1')
    writer.exec('ROLLBACK')
    await expect(store.epoch('alice')).resolves.toBeDefined()
  })

  test('what fails halfway leaves nothing behind, and the store goes on', async () => {
    const store = open()
    const now = Date.now()
    await store.insert(recordOf('alice.1', now), ROOMY)
    const { epoch } = await store.epoch('alice')
    connect().exec(
      `CREATE TRIGGER full BEFORE DELETE ON auth_session BEGIN SELECT raise(FAIL, 'disk full'); END`,
    )
    const target = { kind: 'subject', subject: 'alice' } as const
    await expect(store.revoke(target, LIFE)).rejects.toThrow('disk full')
    expect([(await store.marks()).marks, (await store.epoch('alice')).epoch]).toEqual([[], epoch])
    connect().exec('DROP TRIGGER full')
    expect((await store.revoke(target, LIFE)).changed).toBe(true)
  })

  test('a row that is no session is a rejection, not an absence', async () => {
    const store = open()
    await store.insert(recordOf('alice.1', Date.now()), ROOMY)
    connect().exec(`UPDATE auth_session SET record = '{}'`)
    await expect(store.find('alice.1')).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  test('a closed store rejects; closing it again is no error', async () => {
    const store = open()
    await store.close()
    for (const call of [() => store.find('x'), () => store.epoch('x'), () => store.marks()]) {
      await expect(call()).rejects.toThrow('closed')
    }
    await store.close()
  })
})

test('what has expired goes away as new things come', async () => {
  const clock = fakeClock()
  const store = open(clock.now)
  for (let at = 0; at < 20; at += 1) {
    const [now, id] = [clock.now(), `alice.${at}`]
    await store.insert({ ...recordOf(id, now), subject: `user ${at}` }, ROOMY)
    await store.revoke({ kind: 'token', sessionId: id, tokenId: 'lost' }, LIFE)
    await store.remember(`id ${at}`, HOUR)
  }
  clock.advance(3600)
  for (let at = 0; at < 10; at += 1) await store.insert(recordOf(`bob.${at}`, clock.now()), ROOMY)
  const count = (table: string) => connect().prepare(`SELECT count(*) AS n FROM ${table}`).get()
  expect(['session', 'subject', 'mark', 'once'].map((name) => count(`auth_${name}`))).toMatchObject([
    { n: 10 },
    { n: 1 },
    { n: 0 },
    { n: 0 },
  ])
})
