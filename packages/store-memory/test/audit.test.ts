/** The audit log as a whole: what happened is there, in order, and tampering shows. */

import { fakeClock } from '@auth/contracts'
import { type AuditLog, type AuditRecord, type AuthEvent, createAuth } from '@auth/core'
import { auditLog, verifyAudit } from '@auth/core/audit'
import { describe, expect, test } from 'vitest'
import { memoryAuditLog, memoryStore } from '../src/index.js'

const key = 'Zl0bW9uZXkgZm9yIG5vdGhpbmcgYW5kIGNoaWNrcw'
const secret = 'qT8bW9uZXkgZm9yIG5vdGhpbmcgYW5kIGNoaWNrcx'

const open = (log: AuditLog = memoryAuditLog()) => {
  const clock = fakeClock()
  const events: AuthEvent[] = []
  const onEvent = (event: AuthEvent) => void events.push(event)
  const audit = auditLog({ ...bound(log), close: async () => undefined }, { key })
  const store = memoryStore({ now: clock.now })
  const auth = createAuth({ secret, store, environment: 'production', now: clock.now, onEvent, audit })
  return { auth, clock, events, log }
}
/** The same log, which may be closed by one and read by another. */
const bound = (log: AuditLog): AuditLog => ({
  append: (batch) => log.append(batch),
  read: (query) => log.read(query),
  heads: () => log.heads(),
  prune: (through) => log.prune(through),
  erase: (places) => log.erase(places),
  close: () => log.close(),
})
const source = { ip: '203.0.113.7' }
const recordsOf = async (log: AuditLog) => (await log.read({ limit: 1000 })).records

test('who signed in, from where, and who ended the session, by one call', async () => {
  const { auth } = open()
  const one = await auth.login({ subject: '42', transport: 'bearer', source })
  await auth.login({ subject: '43', transport: 'bearer', source })
  await auth.revoke({ subject: '42' }, { source })
  await auth.audit.flush()
  const { events } = await auth.audit.read({ subject: '42', types: ['login', 'revoked'] })
  expect(events).toMatchObject([
    { type: 'login', subject: '42', sessionId: one.principal.sessionId, ip: '203.0.113.7' },
    { type: 'revoked', subject: '42', scope: 'subject', actor: 'admin' },
  ])
  await auth.close()
})

test('after close everything accepted is there, closed, and without a token', async () => {
  const { auth, events, log } = open()
  const pairs = []
  for (let at = 0; at < 150; at += 1)
    pairs.push(await auth.login({ subject: `user ${at}`, transport: 'bearer', source }))
  await auth.close()
  const records = await recordsOf(log)
  const checkpoint = records.at(-1)
  expect(checkpoint?.type).toBe('audit_checkpoint')
  expect(records.slice(0, -1).map(({ data }) => JSON.parse(data).id)).toEqual(
    events.filter(({ type }) => type !== 'audit_checkpoint').map(({ id }) => id),
  )
  expect(await verifyAudit(records, { key })).toMatchObject({ whole: true, writers: [{ state: 'closed' }] })
  const text = JSON.stringify(records)
  for (const { accessToken, refreshToken } of pairs) {
    expect(text).not.toContain(accessToken)
    expect(text).not.toContain(refreshToken)
  }
})

describe('a log that', () => {
  const BROKEN: Record<string, AuditLog['append']> = {
    throws: () => {
      throw new Error('down')
    },
    rejects: () => Promise.reject(new Error('down')),
    'never answers': () => new Promise(() => undefined),
  }
  test.each(Object.entries(BROKEN))('%s holds no request up', async (_, append) => {
    const { auth } = open({ ...bound(memoryAuditLog()), append })
    const { accessToken } = await auth.login({ subject: '42', transport: 'bearer' })
    expect((await auth.authenticate(accessToken)).subject).toBe('42')
  })
  test('is down loses routine before security, and the loss is counted in the chain', async () => {
    const log = memoryAuditLog()
    let isDown = true
    const append: AuditLog['append'] = (batch) =>
      isDown ? Promise.reject(new Error('down')) : log.append(batch)
    const { auth, events } = open({ ...bound(log), append })
    const count = 6000
    for (let at = 0; at < count; at += 1) await auth.login({ subject: `user ${at}`, transport: 'bearer' })
    await auth.audit.flush()
    isDown = false
    await auth.close()
    const all: AuditRecord[] = []
    for (let cursor: string | undefined; ; ) {
      const page = await log.read({ limit: 1000, cursor })
      all.push(...page.records)
      cursor = page.cursor
      if (page.records.length < 1000) break
    }
    const lost = all.filter(({ type }) => type === 'audit_lost').map(({ data }) => JSON.parse(data))
    expect(all.filter(({ type }) => type === 'login')).toHaveLength(count)
    expect(lost).toMatchObject([{ types: { token_issued: lost[0]?.count } }])
    expect(events.filter(({ type }) => type === 'audit_trouble').length).toBeGreaterThan(0)
    expect((await verifyAudit(all, { key })).whole).toBe(true)
  })
})

describe('tampering is named by its first bad record', () => {
  const written = async (): Promise<AuditRecord[]> => {
    const { auth, clock, log } = open()
    for (let at = 0; at < 20; at += 1) {
      await auth.login({ subject: '42', transport: 'bearer', source })
      clock.advance(10)
      await auth.audit.flush()
    }
    await auth.close()
    return [...(await recordsOf(log))]
  }
  test('a bit of each character', async () => {
    const records = (await written()).slice(0, 6)
    for (const [at, record] of records.entries()) {
      for (const [name, value] of Object.entries(record)) {
        if (typeof value !== 'string') continue
        for (let place = 0; place < value.length; place += 1) {
          const code = value.charCodeAt(place) ^ (1 << (place % 7))
          const changed = value.slice(0, place) + String.fromCharCode(code) + value.slice(place + 1)
          const forged = records.with(at, { ...record, [name]: changed })
          expect((await verifyAudit(forged, { key })).first, `${name} ${place}`).toMatchObject({
            kind: 'altered',
            index: at,
          })
        }
      }
    }
  })
  test('another number, another time', async () => {
    const records = await written()
    for (const [at, record] of records.entries())
      for (const changed of [{ number: record.number + 1 }, { at: record.at + 1 }]) {
        const forged = records.with(at, { ...record, ...changed })
        expect((await verifyAudit(forged, { key })).first).toMatchObject({ kind: 'altered', index: at })
      }
  })
  test('a record that is not the one a checkpoint saw', async () => {
    const records = await written()
    const [first, second] = records as [AuditRecord, AuditRecord]
    const heads = [{ writer: first.writer, number: 1, mac: second.mac }]
    expect((await verifyAudit(records, { key, heads })).first).toMatchObject({ kind: 'altered', number: 1 })
  })
  test('a deletion, a duplicate, a swap, a cut', async () => {
    const records = await written()
    for (let at = 0; at < records.length - 1; at += 1) {
      const number = at + 1
      const [record, next] = [records[at] as AuditRecord, records[at + 1] as AuditRecord]
      const without = records.toSpliced(at, 1)
      expect((await verifyAudit(without, { key })).first).toMatchObject({ kind: 'missing', number })
      const twice = records.toSpliced(at, 0, record)
      expect((await verifyAudit(twice, { key })).first).toMatchObject({ kind: 'duplicated', number })
      const swapped = records.toSpliced(at, 2, next, record)
      expect((await verifyAudit(swapped, { key })).first).toMatchObject({ kind: 'reordered', number })
      const heads = [{ writer: record.writer, number, mac: record.mac }]
      const cut = await verifyAudit(records.slice(0, at), { key, heads })
      expect(cut.first).toMatchObject({ kind: 'cut', number })
      const open = await verifyAudit(records.slice(0, number), { key, heads })
      expect(open.writers).toMatchObject([{ state: 'open', last: number, confirmed: number }])
    }
  })
})
