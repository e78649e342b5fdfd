import type { AuditLog } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { auditContract } from '../src/index.js'
import { auditSaboteurs } from './audit-saboteurs.js'
import { modelAuditLog } from './model-audit-log.js'

const rows = Object.entries(auditSaboteurs).flatMap(([clause, sabotages]) =>
  Object.entries(sabotages).map(([name, sabotage]) => ({ clause, name, sabotage })),
)

describe('the audit contract', () => {
  test.each(auditContract)('holds for the model: $name', async ({ run }) => {
    const data = { rows: [], position: 0 }
    await run({ log: modelAuditLog(data), other: modelAuditLog(data) })
    await run({ log: modelAuditLog({ rows: [], position: 0 }) })
  })

  test.each(rows)('$clause: rejects a log where $name', async ({ clause, sabotage }) => {
    const data = { rows: [], position: 0 }
    const inner = modelAuditLog(data)
    const log: AuditLog = { ...inner, ...sabotage(inner) }
    // Where closing is sabotaged, what is there afterwards is seen by a client that was not closed.
    const other = clause.includes('closes') ? modelAuditLog(data) : log
    const complaint = await auditContract
      .find(({ name }) => name === clause)
      ?.run({ log, other })
      .then(
        () => null,
        (error: unknown) => error,
      )
    expect(complaint).toBeInstanceOf(Error)
    // A saboteur that stumbles over itself proves nothing.
    expect(complaint).not.toBeInstanceOf(TypeError)
  })

  test('every clause rejects at least one saboteur', () => {
    const names = auditContract.map(({ name }) => name)
    expect(names.filter((name) => !(name in auditSaboteurs))).toEqual([])
    expect(new Set(names).size).toBe(names.length)
    for (const { promise } of auditContract) expect(promise).toMatch(/^[A-Z0-9].*\.$/)
  })
})
