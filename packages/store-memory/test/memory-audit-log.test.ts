import { auditContract } from '@auth/contracts'
import { describe, expect, test } from 'vitest'
import { memoryAuditLog } from '../src/index.js'

/** The log of the tests here is not shared, so that larger logs than its default come from the contract. */
const ROOMY = 100_000

describe('the audit contract', () => {
  test.each(auditContract)('$name', ({ run }) => run({ log: memoryAuditLog({ maxRecords: ROOMY }) }))
})

test('it refuses what does not fit, and drops nothing for it', async () => {
  const log = memoryAuditLog({ maxRecords: 100 })
  const shared = {
    writer: 'w',
    at: 0,
    type: 'login',
    subject: null,
    session: null,
    data: '{}',
    personal: null,
  }
  const batch = (from: number) =>
    Array.from({ length: 100 }, (_, at) => {
      return { ...shared, number: from + at, commitment: '', key: 'k', previous: 'p', mac: `m${from + at}` }
    })
  await log.append(batch(1))
  await log.append(batch(101))
  await expect(log.append(batch(201))).rejects.toMatchObject({ code: 'store_unavailable' })
  expect(await log.heads()).toEqual([{ writer: 'w', first: 1, last: 200, mac: 'm200' }])
  await log.prune([{ writer: 'w', number: 100 }])
  await log.append(batch(201))
  expect(await log.heads()).toEqual([{ writer: 'w', first: 101, last: 300, mac: 'm300' }])
})

test.each([{ maxRecords: 0 }, { maxRecords: 99 }, { maxRecords: '1000' }, { size: 1 }])(
  'options that cannot work are refused: %j',
  (options) => {
    expect(() => memoryAuditLog(options as never)).toThrow(/memoryAuditLog cannot work/)
  },
)
