/**
 * The rotation rule in a small world, explored exhaustively. `docs/threat-model.md` says in words what is shown here; the
 * figures there are the ones these tests print with `EXPLORATION=1`.
 */

import { describe, expect, it } from 'vitest'
import { decideRotation } from '../../src/session/rotation.js'
import { type Exploration, explore } from './explorer.js'
import { alwaysParent, hold, neverRecover, neverRepair } from './rules.js'
import { type Use, type World, type WorldOptions, worldModel } from './world.js'

const lost = ({ live }: World): boolean => !live
const REAL = { rule: decideRotation } as const
/** One RECOVER less than what is taken for theft. */
const MANY = { losses: Number.POSITIVE_INFINITY, recoveries: 8 } as const

const run = (name: string, options: WorldOptions, sought: (world: World) => boolean = lost): Exploration => {
  const found = explore(worldModel(options), sought)
  if (process.env.EXPLORATION) {
    const { states, depth, complete, trace } = found
    const steps = trace ? [`${trace.length} steps:`, ...trace].join('\n  ') : 'nothing found'
    console.log(
      `${name}: ${states} states, depth ${depth}, ${complete ? 'all of them' : 'stopped'}; ${steps}`,
    )
  }
  return found
}

/** Nothing of the kind exists, and the exploration was not empty. */
const expectNone = ({ trace, complete, states }: Exploration, atLeast: number): void => {
  expect(trace).toBeNull()
  expect(complete).toBe(true)
  expect(states).toBeGreaterThanOrEqual(atLeast)
}

/** There is such a way, and this is the length of the shortest. */
const expectTrace = ({ trace, states }: Exploration, length: number, atLeast: number): readonly string[] => {
  expect(trace).toHaveLength(length)
  expect(states).toBeGreaterThanOrEqual(atLeast)
  return trace ?? []
}

/** Counts how often in a row victim and thief took turns more than W apart; a turn inside W starts anew. */
const turnsApart =
  (cap: number) =>
  (memory: number, { party, before }: Use): number => {
    if (!before || before.party === party) return memory
    return before.apart ? Math.min(cap, memory + 1) : 0
  }

const survives =
  (turns: number) =>
  ({ live, memory }: World): boolean =>
    live && memory >= turns

/** Whether the session can live through so many turns more than W apart. */
const turns = (count: number, options: Omit<WorldOptions, 'tabs' | 'delay' | 'observe'>): Exploration => {
  const observe = turnsApart(count)
  return run(`${count} turns`, { ...options, tabs: 1, delay: 0, copies: 1, observe }, survives(count))
}

describe('without a thief no session is lost', () => {
  it('while one exchange is under way at a time, each up to W long: lost requests, lost answers, a lost write', () => {
    expectNone(run('one at a time', { ...REAL, ...MANY, tabs: 1, delay: 2, failovers: 1 }), 1_200)
  })

  it('with three tabs whose exchanges take no time, in any order: lost requests and answers', () => {
    expectNone(run('three tabs, instant', { ...REAL, ...MANY, tabs: 3, delay: 0 }), 800)
  })

  it('with three such tabs and a lost write, while no answer is lost', () => {
    expectNone(run('three tabs, instant, failover', { ...REAL, tabs: 3, delay: 0, failovers: 1 }), 150)
  })
})

describe('without a thief a session can be lost', () => {
  it('when an answer was lost and two exchanges straddle the end of the window, however short they are', () => {
    const options = { ...REAL, tabs: 2, delay: 1, losses: 1 }
    const trace = expectTrace(run('window end, answer lost', { ...options, window: 8 }), 20, 800)
    expectTrace(run('window end, answer lost, finer', { ...options, window: 16 }), 28, 1_300)
    expect(trace.at(-2)).toContain('advance 3')
    expect(trace.at(-1)).toBe("the server takes B's 1: REUSED (spent_token)")
  })

  it('when a late answer has put an older token back into the jar, and then the same', () => {
    const trace = expectTrace(run('window end, late answer', { ...REAL, tabs: 2, delay: 1 }), 19, 250)
    expect(trace.at(-1)).toBe("the server takes B's 1: REUSED (spent_token)")
  })

  it('when an exchange takes longer than W', () => {
    const trace = expectTrace(run('long exchange', { ...REAL, tabs: 2, delay: 3 }), 9, 100)
    expect(trace.at(-1)).toContain('REUSED')
  })

  it('when the tenth answer in a row has been lost', () => {
    const options = { ...REAL, tabs: 1, delay: 0, losses: Number.POSITIVE_INFINITY }
    const trace = expectTrace(run('ten lost answers', options), 43, 100)
    expect(trace.filter((label) => label.endsWith('answer is lost'))).toHaveLength(10)
    expect(trace.at(-1)).toContain('too_many_recoveries')
  })

  it('when a failover undoes a RECOVER while the token it came from is under way once more', () => {
    const options = { ...REAL, tabs: 2, delay: 0, losses: 1, failovers: 1 }
    const trace = expectTrace(run('failover undoes recover', options), 13, 200)
    expect(trace.at(-2)).toContain('repair 3')
  })
})

describe('a thief who takes turns with the victim more than W apart is caught', () => {
  it('at the latest when the second of the two returns, if he uses the newest token he has', () => {
    const options = { ...REAL, forgetful: true }
    expectTrace(turns(2, options), 8, 100)
    expectNone(turns(3, options), 500)
  })

  it('one return later if he also kept older tokens', () => {
    expectTrace(turns(3, REAL), 12, 500)
    expectNone(turns(4, REAL), 20_000)
  })

  it('one more return later for any number of answers that the victim loses', () => {
    const losses = { losses: Number.POSITIVE_INFINITY, recoveries: 3 }
    expectTrace(turns(3, { ...REAL, ...losses, forgetful: true }), 11, 500)
    expectNone(turns(4, { ...REAL, ...losses, forgetful: true }), 1_000)
    expectTrace(turns(4, { ...REAL, ...losses }), 14, 1_000)
    expectNone(turns(5, { ...REAL, ...losses }), 20_000)
  })
})

/** Counts what a thief wrote since the victim was last seen, if it began with a token already spent. */
const alone = (memory: number, { party, outcome, before }: Use): number => {
  if (party === 'victim') return 0
  if (memory === 0) return outcome === 'recover' && before?.party === 'victim' && before.apart ? 1 : 0
  return outcome === 'advance' ? Math.min(4, memory + 1) : memory
}

/** Counts the victim's rotations after which a thief was served inside W: odd while one is not yet answered. */
const riding =
  (cap: number) =>
  (memory: number, { party, outcome, before }: Use): number => {
    const rotated = outcome === 'advance' || outcome === 'recover'
    if (party === 'victim') return rotated && memory % 2 === 0 ? Math.min(cap, memory + 1) : memory
    if (before?.party === 'victim' && before.apart) return 0
    return memory % 2 === 1 ? Math.min(cap, memory + 1) : memory
  }

describe('a thief is not caught', () => {
  it('who holds a token just spent, until the victim returns', () => {
    const options = { ...REAL, tabs: 1, delay: 0, copies: 1, observe: alone }
    const trace = expectTrace(run('spent token', options, survives(4)), 13, 200)
    expect(trace.filter((label) => label.startsWith('the thief presents'))).toHaveLength(4)
  })

  it('who replays inside W of every rotation', () => {
    const options = { ...REAL, tabs: 1, delay: 0, copies: 1, forgetful: true, observe: riding(8) }
    const trace = expectTrace(run('riding the window', options, survives(8)), 20, 500)
    expect(trace.filter((label) => label.startsWith('the thief presents'))).toHaveLength(4)
  })

  it('for good, when the store loses the write that revoked the session', () => {
    const options = { ...REAL, tabs: 1, delay: 0, copies: 1, failovers: 1 }
    const trace = expectTrace(
      run('revocation lost', options, ({ live, revived }) => live && revived),
      7,
      200,
    )
    expect(trace.at(-1)).toBe('the store loses its last write')
  })
})

describe('the exploration bites', () => {
  it('strict: a second tab ends the session, and so does one lost answer', () => {
    const strict = { ...REAL, strict: true, delay: 0 }
    expectTrace(run('strict, two tabs', { ...strict, tabs: 3 }), 4, 10)
    expectTrace(run('strict, lost answer', { ...strict, tabs: 1, losses: 1 }), 5, 5)
  })

  it('a parent that is always accepted: the thief takes turns for ever', () => {
    const options = { rule: alwaysParent, forgetful: true }
    expectTrace(turns(12, options), 38, 500)
  })

  it('no RECOVER: one lost answer ends the session', () => {
    expectTrace(run('no recover', { rule: neverRecover, tabs: 1, delay: 0, losses: 1 }), 7, 10)
  })

  it('no REPAIR: one failover ends the session', () => {
    expectTrace(run('no repair', { rule: neverRepair, tabs: 1, delay: 0, failovers: 1 }), 7, 10)
  })
})

describe('a proposal: inside W the previous token gets an access token alone', () => {
  const quick = { rule: hold, tabs: 3, window: 8, delay: 3, losses: Number.POSITIVE_INFINITY }

  it('loses no session while exchanges take less than W/2, with three tabs and any answers lost', () => {
    expectNone(run('hold', { ...quick, recoveries: 3 }), 15_000)
    expectTrace(run('hold, W/2', { ...quick, recoveries: 3, delay: 4 }), 31, 10_000)
  })

  it('still catches the thief, and leaves none to ride the window', () => {
    expectNone(turns(3, { rule: hold, forgetful: true }), 500)
    expectNone(turns(4, { rule: hold }), 10_000)
    const options = { rule: hold, tabs: 1, delay: 0, copies: 1 }
    expectTrace(run('hold, riding once', { ...options, observe: riding(4) }, survives(4)), 10, 500)
    expectNone(run('hold, riding', { ...options, observe: riding(6) }, survives(6)), 500)
  })
})
