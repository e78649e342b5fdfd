/** The rotation rule, row by row, at its boundaries, and by properties. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { liveness, type SessionRecord } from '../../src/session/record.js'
import {
  decideRotation,
  RECOVERIES_MAX,
  RECOVERIES_WARN,
  type RotationDecision,
} from '../../src/session/rotation.js'

const LOGIN = 1_700_000_000_000
const ROTATED = LOGIN + 3_600_000
const OVERLAP = 10
const W = OVERLAP * 1000
const DAY = 86_400

/** A session whose fifth refresh token is current; nothing can write to it. */
const session = (changes: Partial<SessionRecord> = {}): SessionRecord =>
  Object.freeze({
    id: 'AAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
    subject: 'alice',
    epoch: LOGIN,
    version: 7,
    generation: 5,
    previous: 4,
    rotatedAt: ROTATED,
    recoveries: 0,
    seed: 'seed',
    createdAt: LOGIN,
    authenticatedAt: LOGIN,
    idleFor: 14 * DAY,
    idleExpiresAt: ROTATED + 14 * DAY * 1000,
    expiresAt: LOGIN + 90 * DAY * 1000,
    persistent: true,
    transport: 'cookie',
    device: 'Firefox',
    data: Object.freeze({ tenant: 'acme' }),
    ...changes,
  })

/** Decides for a token that is presented so many milliseconds after the last rotation. */
const decide = (presented: number, after: number, changes: Partial<SessionRecord> = {}, strict = false) =>
  decideRotation(session(changes), { presented, now: ROTATED + after, overlap: OVERLAP, strict })

/** The record that a decision wants to be written, or answers with. */
const recordOf = (decision: RotationDecision): SessionRecord => {
  if (decision.outcome === 'reused') throw new Error(`reused: ${decision.cause}`)
  return decision.record
}

const lineage = (decision: RotationDecision) => {
  const { generation, previous, rotatedAt, recoveries, version } = recordOf(decision)
  return { outcome: decision.outcome, generation, previous, rotatedAt, recoveries, version }
}

describe('the current token', () => {
  it.each([0, 1, W - 1, W])('is held %i ms after the rotation, and nothing is written', (after) => {
    const record = session()
    const input = { presented: 5, now: ROTATED + after, overlap: OVERLAP, strict: false }
    const decision = decideRotation(record, input)
    expect(decision.outcome).toBe('hold')
    expect(recordOf(decision)).toBe(record)
  })

  it.each([W + 1, 600_000])('advances %i ms after the rotation', (after) => {
    const expected = { outcome: 'advance', generation: 6, previous: 5, recoveries: 0, version: 8 }
    expect(lineage(decide(5, after, { recoveries: 2 }))).toEqual({ ...expected, rotatedAt: ROTATED + after })
  })

  it('is held right after login as well', () => {
    expect(decide(1, W, { generation: 1, previous: 0 }).outcome).toBe('hold')
    expect(lineage(decide(1, W + 1, { generation: 1, previous: 0 }))).toMatchObject({
      outcome: 'advance',
      generation: 2,
      previous: 1,
    })
  })
})

describe('the previous token', () => {
  it.each([0, 1, W - 1, W])('is held as well %i ms after the rotation, and nothing is written', (after) => {
    const record = session()
    const input = { presented: 4, now: ROTATED + after, overlap: OVERLAP, strict: false }
    const decision = decideRotation(record, input)
    expect(decision.outcome).toBe('hold')
    expect(recordOf(decision)).toBe(record)
  })

  it.each([W + 1, 600_000])('recovers %i ms after the rotation, orphaning its successor', (after) => {
    const expected = { outcome: 'recover', generation: 6, previous: 4, recoveries: 1, version: 8 }
    const decision = decide(4, after)
    expect(lineage(decision)).toEqual({ ...expected, rotatedAt: ROTATED + after })
    const orphan = { presented: 5, now: ROTATED + after, overlap: OVERLAP, strict: false }
    expect(decideRotation(recordOf(decision), orphan)).toEqual({ outcome: 'reused', cause: 'orphaned_token' })
  })

  it('recovers nine times in a row; the tenth is taken for theft', () => {
    let record = session()
    for (let count = 1; count < RECOVERIES_MAX; count += 1) {
      const now = record.rotatedAt + W + 1
      const decision = decideRotation(record, { presented: 4, now, overlap: OVERLAP, strict: false })
      expect(decision.outcome).toBe('recover')
      record = recordOf(decision)
      expect(record.recoveries).toBe(count)
    }
    const tenth = { presented: 4, now: record.rotatedAt + W + 1, overlap: OVERLAP, strict: false }
    expect(decideRotation(record, tenth)).toEqual({ outcome: 'reused', cause: 'too_many_recoveries' })
    expect(decideRotation(record, { ...tenth, now: record.rotatedAt + W }).outcome).toBe('hold')
    expect([RECOVERIES_WARN, RECOVERIES_MAX]).toEqual([3, 10])
  })

  it('counts recoveries anew once a successor was used', () => {
    const recovered = recordOf(decide(4, W + 1, { recoveries: 8 }))
    expect(recovered.recoveries).toBe(9)
    const now = recovered.rotatedAt + W + 1
    const used = decideRotation(recovered, { presented: 6, now, overlap: OVERLAP, strict: false })
    expect(recordOf(used).recoveries).toBe(0)
  })
})

describe('any other token', () => {
  it.each([0, W, W + 1])('from before the previous one is spent, %i ms after the rotation', (after) => {
    for (const presented of [1, 2, 3]) {
      expect(decide(presented, after)).toEqual({ outcome: 'reused', cause: 'spent_token' })
    }
  })

  it.each([0, W, W + 1])('between the previous and the current one is an orphan, after %i ms', (after) => {
    for (const presented of [3, 4]) {
      const changes = { previous: 2, recoveries: 2 }
      expect(decide(presented, after, changes)).toEqual({ outcome: 'reused', cause: 'orphaned_token' })
    }
  })

  it.each([0, W + 1])('from after the current one repairs what the store has lost, after %i ms', (after) => {
    for (const presented of [6, 9]) {
      const expected = { outcome: 'repair', generation: presented, previous: presented - 1, recoveries: 0 }
      const decision = decide(presented, after, { recoveries: 4 })
      expect(lineage(decision)).toEqual({ ...expected, version: 8, rotatedAt: ROTATED + after })
    }
  })
})

describe('a clock that was set back', () => {
  it.each([-1, -W])('by %i ms still counts as inside the window', (after) => {
    expect(decide(5, after).outcome).toBe('hold')
    expect(decide(4, after).outcome).toBe('hold')
  })

  it.each([-W - 1, -600_000])('by %i ms does not hold the window open', (after) => {
    expect(decide(5, after).outcome).toBe('advance')
    expect(decide(4, after).outcome).toBe('recover')
    expect(recordOf(decide(5, after)).rotatedAt).toBe(ROTATED + after)
  })
})

describe('strict rotation', () => {
  const strictly = (presented: number, after: number, changes = {}) => decide(presented, after, changes, true)

  it.each([0, W + 1])('takes the current token once, after %i ms', (after) => {
    const expected = { outcome: 'advance', generation: 6, previous: 5, recoveries: 0, version: 8 }
    expect(lineage(strictly(5, after))).toEqual({ ...expected, rotatedAt: ROTATED + after })
  })

  it.each([0, W + 1])('takes every earlier token for theft, after %i ms', (after) => {
    for (const presented of [1, 3, 4]) {
      expect(strictly(presented, after)).toEqual({ outcome: 'reused', cause: 'spent_token' })
    }
  })

  it('repairs a lost write by a successor: the presented token was used', () => {
    expect(lineage(strictly(7, 0))).toMatchObject({ outcome: 'repair', generation: 8, previous: 7 })
    expect(
      decideRotation(recordOf(strictly(7, 0)), {
        presented: 7,
        now: ROTATED,
        overlap: OVERLAP,
        strict: true,
      }),
    ).toEqual({ outcome: 'reused', cause: 'spent_token' })
  })
})

it('with an overlap of 0 holds within one millisecond of the store clock only', () => {
  const input = { presented: 5, overlap: 0, strict: false }
  expect(decideRotation(session(), { ...input, now: ROTATED }).outcome).toBe('hold')
  expect(decideRotation(session(), { ...input, now: ROTATED + 1 }).outcome).toBe('advance')
})

describe('lifetimes', () => {
  it('each write moves the idle end, a hold does not', () => {
    const idle = 14 * DAY * 1000
    for (const [presented, after] of [
      [5, W + 1],
      [4, W + 1],
      [6, 0],
    ] as const) {
      expect(recordOf(decide(presented, after)).idleExpiresAt).toBe(ROTATED + after + idle)
    }
    expect(recordOf(decide(5, W)).idleExpiresAt).toBe(ROTATED + idle)
  })

  it('nothing moves the absolute end, and the idle end never passes it', () => {
    const expiresAt = ROTATED + 60_000
    const { idleExpiresAt, expiresAt: end } = recordOf(decide(5, 30_000, { expiresAt }))
    expect([idleExpiresAt, end]).toEqual([expiresAt, expiresAt])
  })

  it.each([
    ['live', null, -1],
    ['session_expired', null, 0],
    ['superseded_epoch', LOGIN + 1, -1],
  ] as const)('a session is %s', (expected, epoch, after) => {
    for (const end of [{ expiresAt: ROTATED }, { idleExpiresAt: ROTATED }]) {
      expect(liveness(session(end), epoch ?? LOGIN, ROTATED + after)).toBe(expected)
    }
  })

  it('a missing row is not found, whatever the epoch', () => {
    expect(liveness(null, 0, ROTATED)).toBe('session_not_found')
  })
})

/** Lineages that rotations can bring about: the previous generation lies one more back for every recovery. */
const anySession = fc
  .record({
    previous: fc.nat(30),
    recoveries: fc.nat(RECOVERIES_MAX - 1),
    version: fc.integer({ min: 1, max: 99 }),
    expiresIn: fc.integer({ min: 1, max: 90 * DAY }),
  })
  .map(({ previous, recoveries, version, expiresIn }) => {
    const expiresAt = ROTATED + expiresIn * 1000
    const idleExpiresAt = Math.min(ROTATED + 14 * DAY * 1000, expiresAt)
    return session({
      previous,
      recoveries,
      version,
      generation: previous + recoveries + 1,
      expiresAt,
      idleExpiresAt,
    })
  })

const anyCase = fc.record({
  record: anySession,
  presented: fc.integer({ min: 1, max: 45 }),
  after: fc.oneof(fc.integer({ min: -W - 2, max: W + 2 }), fc.integer({ min: -DAY * 1000, max: DAY * 1000 })),
  overlap: fc.integer({ min: 0, max: 60 }),
  strict: fc.boolean(),
})

type Case = typeof anyCase extends fc.Arbitrary<infer T> ? T : never

const decided = ({ record, presented, after, overlap, strict }: Case): RotationDecision =>
  decideRotation(record, { presented, now: ROTATED + after, overlap, strict })

describe('always', () => {
  const always = (holds: (given: Case, decision: RotationDecision) => void): void => {
    fc.assert(
      fc.property(anyCase, (given) => {
        holds(given, decided(given))
      }),
      { numRuns: 2000 },
    )
  }

  it('the generation never decreases, and previous lies below it', () => {
    always(({ record, presented }, decision) => {
      if (decision.outcome === 'reused') return
      const { generation, previous } = decision.record
      expect(generation).toBeGreaterThanOrEqual(Math.max(record.generation, presented))
      expect(previous).toBeGreaterThanOrEqual(record.previous)
      expect(previous).toBeLessThan(generation)
    })
  })

  it('a hold writes nothing; every other grant raises the version by one and stamps the time', () => {
    always(({ record, after }, decision) => {
      if (decision.outcome === 'reused') return
      if (decision.outcome === 'hold') return expect(decision.record).toBe(record)
      expect(decision.record.version).toBe(record.version + 1)
      expect(decision.record.rotatedAt).toBe(ROTATED + after)
    })
  })

  it('who the session is, when it began and when it ends at the latest stay as they are', () => {
    always(({ record }, decision) => {
      if (decision.outcome === 'reused') return
      const { version, generation, previous, rotatedAt, recoveries, idleExpiresAt, ...kept } = decision.record
      expect(record).toMatchObject(kept)
      expect(idleExpiresAt).toBeLessThanOrEqual(record.expiresAt)
    })
  })

  it('the successor is unique: what is granted for one token is the next number, never a second one', () => {
    always(({ record, presented, overlap, strict }, decision) => {
      if (decision.outcome !== 'advance' && decision.outcome !== 'recover') return
      expect(decision.record.generation).toBe(record.generation + 1)
      if (strict) return
      const now = decision.record.rotatedAt
      const again = decideRotation(decision.record, { presented, now, overlap, strict })
      expect(again).toEqual({ outcome: 'hold', record: decision.record })
    })
  })

  it('strict mode never holds and never recovers', () => {
    always(({ strict }, { outcome }) => {
      if (strict) expect(['advance', 'repair', 'reused']).toContain(outcome)
    })
  })

  it('only distances count: a lineage moved up decides alike, which is what the exploration rests on', () => {
    const up = 1000
    always((given, decision) => {
      const { record, presented } = given
      const higher = session({
        ...record,
        generation: record.generation + up,
        previous: record.previous + up,
      })
      const other = decided({ ...given, record: higher, presented: presented + up })
      expect(other.outcome).toBe(decision.outcome)
      if (decision.outcome === 'reused') return expect(other).toEqual(decision)
      const { generation, previous } = recordOf(other)
      const moved = session({ ...recordOf(other), generation: generation - up, previous: previous - up })
      expect(moved).toEqual(decision.record)
    })
  })
})
