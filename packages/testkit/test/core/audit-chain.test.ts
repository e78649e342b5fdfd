/** The chain of an audit log, against records that have a right MAC and do not belong together. */

import { verifyAudit } from '@auth/core/audit'
import { expect, test } from 'vitest'
import { auditKeyOf, recordOf } from '../../../core/src/audit/chain.js'
import { eventOf } from '../../../core/src/audit/emit.js'

test('a record whose predecessor was exchanged for another genuine one is altered', async () => {
  const secret = 'Zl0bW9uZXkgZm9yIG5vdGhpbmcgYW5kIGNoaWNrcw'
  const key = await auditKeyOf(secret)
  const next = (end: Parameters<typeof recordOf>[1], message: string) =>
    recordOf(eventOf({ type: 'claims_trouble', message }, 0), end, key)
  const start = { writer: 'w'.repeat(22), number: 0, mac: '' }
  const first = await next(start, 'as it was')
  const second = await next(first, 'what followed')
  const other = await next(start, 'as it should look')
  expect((await verifyAudit([first, second], { key: secret })).whole).toBe(true)
  const { first: problem } = await verifyAudit([other, second], { key: secret })
  expect(problem).toMatchObject({ kind: 'altered', number: 2, index: 1 })
})
