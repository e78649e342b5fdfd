/** Remembered tokens: the signature of one string is verified once, and nothing else about it is ever assumed. */

import { fakeClock, modelStore } from '@auth/contracts'
import * as core from '@auth/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createAuthenticate } from '../../../../core/src/flows/authenticate.js'
import { createKeySource } from '../../../../core/src/keys/ring.js'
import { platform } from '../../../../core/src/platform/node.js'
import { createBreaker } from '../../../../core/src/revocation/breaker.js'
import { createReplica } from '../../../../core/src/revocation/replica.js'
import { createOpen } from '../../../../core/src/token/open.js'
import { createOpenedTokens } from '../../../../core/src/token/opened-tokens.js'
import { OTHER_SECRET, openScene, outcomeOf, partsOf, present, refusal, refusedFor, SECRET } from './scene.js'

/** How often a segment of a token was decoded: twice for one that is seen for the first time, never for a known one. */
const countDecodings = () => {
  const decode = vi.spyOn(platform, 'decode')
  return async (work: () => Promise<unknown>): Promise<number> => {
    decode.mockClear()
    await outcomeOf(work())
    return decode.mock.calls.length
  }
}
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('the memory', () => {
  const opened = (subject: string) => ({ principal: { subject } as core.Principal, epoch: 1, notBefore: 0 })

  test('knows a token by its whole string: an equal signature segment is not enough', () => {
    const memory = createOpenedTokens()
    memory.remember('header.payload.signature', opened('alice'), 1)
    for (const other of ['header.PAYLOAD.signature', 'HEADER.payload.signature', '.signature', 'signature']) {
      expect(memory.recall(other, 1)).toBeUndefined()
    }
    expect(memory.recall('header.payload.signature', 1)?.opened.principal.subject).toBe('alice')
    memory.remember('header.PAYLOAD.signature', opened('bob'), 1)
    expect(memory.recall('header.payload.signature', 1)).toBeUndefined()
    expect(memory.recall('header.PAYLOAD.signature', 1)?.opened.principal.subject).toBe('bob')
  })

  test('of another version of the key ring counts for nothing', () => {
    const memory = createOpenedTokens()
    memory.remember('h.p.s', opened('alice'), 1)
    expect(memory.recall('h.p.s', 2)).toBeUndefined()
    expect(memory.recall('h.p.s', 0)).toBeUndefined()
  })

  test('is bounded in characters, and forgets first what was not used again', () => {
    const memory = createOpenedTokens(1000)
    const tokens = Array.from({ length: 500 }, (_, at) => `h.p.${at}`.padEnd(100, 'x'))
    const known = () => tokens.filter((token) => memory.recall(token, 1)).length
    for (const token of tokens) {
      memory.remember(token, opened(token), 1)
      memory.recall(tokens[0] as string, 1)
    }
    expect(memory.recall(tokens[0] as string, 1)).toBeDefined()
    expect(memory.recall(tokens[1] as string, 1)).toBeUndefined()
    expect(known()).toBeGreaterThanOrEqual(10)
    expect(known()).toBeLessThanOrEqual(20)
  })

  test('keeps a copy, and no header of which the token was cut', async () => {
    const copy = vi.spyOn(platform, 'copy')
    const { auth, pair } = await openScene()
    await auth.authenticate(pair.accessToken)
    expect(copy.mock.calls).toEqual([[pair.accessToken]])
    expect(copy.mock.results[0]?.value).toBe(pair.accessToken)
    await auth.authenticate(pair.accessToken)
    expect(copy).toHaveBeenCalledTimes(1)
  })
})

describe('a token that was seen before', () => {
  test('is decoded and verified no second time', async () => {
    const { auth, pair } = await openScene()
    const decodingsOf = countDecodings()
    expect(await decodingsOf(() => auth.authenticate(pair.accessToken))).toBe(2)
    for (const revocation of ['replica', 'store', 'none'] as const) {
      expect(await decodingsOf(() => auth.authenticate(pair.accessToken, { revocation }))).toBe(0)
    }
  })

  test('is verified again where it was refused', async () => {
    const { auth, pair } = await openScene()
    const [header, payload] = partsOf(pair.accessToken)
    const forged = `${header}.${payload}.${'A'.repeat(43)}`
    const decodingsOf = countDecodings()
    for (let round = 0; round < 3; round += 1) {
      expect(await decodingsOf(() => auth.authenticate(forged))).toBe(1)
      expect(await outcomeOf(auth.authenticate(forged))).toEqual(refusedFor('bad_signature'))
    }
  })

  test('lends its signature to no other payload', async () => {
    const scene = await openScene()
    await scene.auth.authenticate(scene.pair.accessToken)
    const [header, , signature] = partsOf(scene.pair.accessToken)
    const [, payload] = partsOf(scene.forge({ payload: { sub: 'mallory' } }))
    expect(await present(scene, `${header}.${payload}.${signature}`)).toEqual(refusal(scene, 'bad_signature'))
  })

  test('ends with its exp and the leeway, not a millisecond later', async () => {
    const scene = await openScene({ leeway: 60 })
    const { auth, clock, pair } = scene
    for (const seconds of [0, 600, 59.999]) {
      clock.advance(seconds)
      expect(await outcomeOf(auth.authenticate(pair.accessToken, { revocation: 'none' }))).toBe('accepted')
    }
    clock.advance(0.001)
    expect(await present(scene, pair.accessToken)).toEqual(refusal(scene, 'expired', pair.principal))
  })

  test('has not begun where the clock was set back, or gives no number', async () => {
    let broken = false
    const clock = fakeClock()
    const { auth, pair } = await openScene({ now: () => (broken ? Number.NaN : clock.now()) })
    const verdict = () => outcomeOf(auth.authenticate(pair.accessToken, { revocation: 'none' }))
    expect(await verdict()).toBe('accepted')
    clock.advance(-61)
    expect(await verdict()).toEqual(refusedFor('not_yet_valid'))
    clock.advance(61)
    expect(await verdict()).toBe('accepted')
    broken = true
    expect(await verdict()).toEqual(refusedFor('not_yet_valid'))
  })

  test('is held to the transport and the age that each route asks for', async () => {
    const { auth, clock, pair } = await openScene()
    await auth.authenticate(pair.accessToken)
    clock.advance(300)
    const verdict = (options: core.AuthenticateOptions) =>
      outcomeOf(auth.authenticate(pair.accessToken, options))
    expect(await verdict({ transport: 'cookie' })).toEqual(refusedFor('wrong_transport'))
    expect(await verdict({ maxAuthAge: 60 })).toMatchObject({ reason: 'login_too_old' })
    expect(await verdict({ transport: 'bearer', maxAuthAge: 300 })).toBe('accepted')
  })

  test('is refused at the next request where the key ring has changed', async () => {
    const { pair, clock } = await openScene()
    const policy = { issuer: 'app', audience: 'app', development: false }
    const ringOf = (secret: string) =>
      createKeySource({ secrets: [secret], development: false, specs: [{ kind: 'secret' }] }).load()
    const [before, after] = [await ringOf(SECRET), { ...(await ringOf(OTHER_SECRET)), version: 2 }]
    let ring = before
    const emit = () => undefined
    const authenticate = createAuthenticate({
      ...{ keys: { load: () => ring }, open: createOpen(policy), remembered: createOpenedTokens() },
      ...{ replica: createReplica({ store: {}, maxStaleness: 5, monotonic: () => 0, emit }) },
      ...{ breaker: createBreaker(() => 0), emit, now: clock.now, leeway: 60, allowUnchecked: false },
    })
    const verdict = () => authenticate(pair.accessToken, { revocation: 'none' }, () => expect.fail('asked'))
    expect(await verdict()).toMatchObject({ accepted: { subject: 'alice' } })
    ring = after
    expect(await verdict()).toEqual({ refused: 'unknown_key', about: undefined })
    ring = before
    expect(await verdict()).toMatchObject({ accepted: { subject: 'alice' } })
  })
})

describe('a principal', () => {
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))

  test('cannot be changed by a handler, wherever it came from', async () => {
    const claims = () => ({ role: 'reader', teams: [{ name: 'one', rights: ['read'] }] })
    const { auth, pair, clock } = await openScene({ claims })
    const first = await auth.authenticate(pair.accessToken)
    const again = await auth.authenticate(pair.accessToken)
    clock.advance(60)
    const refreshed = await auth.refresh(pair.refreshToken)
    const { kept } = await auth.revoke({ subject: 'alice', keep: pair.principal.sessionId })
    for (const principal of [pair.principal, first, again, refreshed.principal, kept?.principal]) {
      expect(principal).toBeDefined()
      expect(isFrozen(principal)).toBe(true)
    }
    const { teams } = first.claims as ReturnType<typeof claims>
    expect(() => Object.assign(first, { subject: 'mallory' })).toThrow(TypeError)
    expect(() => Object.assign(first.claims, { role: 'admin' })).toThrow(TypeError)
    expect(() => teams[0]?.rights.push('write')).toThrow(TypeError)
    expect((await auth.authenticate(pair.accessToken, { revocation: 'none' })).claims).toEqual(claims())
  })
})

describe('a revocation that comes while a token is looked up', () => {
  test('is not hidden from the next request by the answer of the store', async () => {
    const clock = fakeClock()
    const inner = modelStore(clock.now)
    const held: ((revoked: boolean) => void)[] = []
    const marks = () => new Promise<never>(() => undefined)
    const isRevoked = () => new Promise<boolean>((resolve) => held.push(resolve))
    const store = { ...inner, marks, isRevoked }
    const options = { secret: SECRET, environment: 'production', now: clock.now, onEvent: () => 0 } as const
    const auth = core.createAuth({ ...options, store })
    const { accessToken, principal } = await auth.login({ subject: 'alice' })
    const under = outcomeOf(auth.authenticate(accessToken))
    await auth.revoke({ sessionId: principal.sessionId })
    // The store had looked before the revocation.
    for (const answer of held) answer(false)
    expect(await under).toBe('accepted')
    expect(await outcomeOf(auth.authenticate(accessToken))).toEqual(refusedFor('revoked'))
    expect(held.length).toBe(1)
  })

  test('is seen although the very look-up ends in its moment', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { auth, store, pair } = await openScene()
    const { sessionId } = pair.principal
    await auth.authenticate(pair.accessToken)
    await vi.advanceTimersByTimeAsync(100)
    expect(await outcomeOf(auth.authenticate(pair.accessToken))).toBe('accepted')
    // Another process revokes; the feed is read between two requests of this one.
    await store.revoke({ kind: 'session', sessionId }, { markFor: 3_600_000 })
    await vi.advanceTimersByTimeAsync(20)
    expect(await outcomeOf(auth.authenticate(pair.accessToken))).toEqual(refusedFor('revoked'))
    await auth.close()
  })
})

describe('verdicts are those of a library without memory', () => {
  type Core = Pick<typeof core, 'createAuth'>
  let forgetful: Core
  beforeEach(async () => {
    vi.resetModules()
    vi.doMock('../../../../core/src/token/opened-tokens.js', () => ({
      createOpenedTokens: () => ({
        recall: () => undefined,
        remember: (token: string, opened: object, ringVersion: number) => ({
          token,
          opened,
          ringVersion,
          stamp: -1,
        }),
        of: () => undefined,
      }),
    }))
    forgetful = await import('@auth/core')
    vi.doUnmock('../../../../core/src/token/opened-tokens.js')
    vi.resetModules()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
    // The pause after a wake-up is drawn by lot; here both draw the same.
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
  })

  const MODES = ['none', 'store', 'replica'] as const
  type Mode = (typeof MODES)[number]

  /** A process on a store of its own, which can be cut off, beside another process on the same store. */
  const openWorld = async ({ createAuth }: Core, onUnavailable: 'deny' | 'allow') => {
    const offset = { milliseconds: 0 }
    const now = () => Date.now() + offset.milliseconds
    const inner = modelStore(() => Date.now())
    const cut = { feed: false, all: false }
    const failing =
      <A extends unknown[], T>(call: (...args: A) => Promise<T>, isCut: () => boolean) =>
      async (...args: A): Promise<T> => {
        if (isCut()) throw new Error('down')
        return call(...args)
      }
    const store = {
      ...inner,
      isRevoked: failing(inner.isRevoked, () => cut.all),
      marks: failing(inner.marks, () => cut.feed || cut.all),
      onMarks: (wake: () => void) => inner.onMarks(() => cut.feed || cut.all || wake()),
    }
    const options = { secret: SECRET, environment: 'production', onEvent: () => undefined, now } as const
    const auth = createAuth({ ...options, store, onUnavailable })
    const elsewhere = createAuth({ ...options, store: inner })
    const { accessToken, principal } = await auth.login({ subject: 'alice', transport: 'bearer' })
    return { auth, elsewhere, cut, offset, accessToken, principal, seen: [] as unknown[] }
  }
  type World = Awaited<ReturnType<typeof openWorld>>

  const HAPPENINGS: Record<string, (world: World) => unknown> = {
    nothing: () => undefined,
    'the token is revoked elsewhere': ({ elsewhere, principal: { tokenId, sessionId } }) =>
      elsewhere.revoke({ tokenId, sessionId }),
    'the session is revoked elsewhere': ({ elsewhere, principal: { sessionId } }) =>
      elsewhere.revoke({ sessionId }),
    'the subject is revoked here': ({ auth }) => auth.revoke({ subject: 'alice' }),
    'another subject is revoked here': ({ auth }) => auth.revoke({ subject: 'bob' }),
    'the feed is cut, then the session revoked elsewhere': async ({ cut, elsewhere, principal }) => {
      cut.feed = true
      await elsewhere.revoke({ sessionId: principal.sessionId })
    },
    'the store goes down': ({ cut }) => {
      cut.all = true
    },
    'the clock is set back': ({ offset }) => {
      offset.milliseconds = -3_600_000
    },
    'the clock is set forward': ({ offset }) => {
      offset.milliseconds = 3_600_000
    },
  }
  const WAITS = [0, 20, 600, 5600]

  const play = async (
    worlds: readonly World[],
    modes: readonly Mode[],
    [at, happens, wait]: [number, string, number],
  ) => {
    for (const [index, revocation] of modes.entries()) {
      if (index === at) {
        for (const world of worlds) await HAPPENINGS[happens]?.(world)
        await vi.advanceTimersByTimeAsync(wait)
      }
      for (const { auth, accessToken, seen } of worlds) {
        const outcome = await outcomeOf(auth.authenticate(accessToken, { revocation }))
        seen.push(outcome === 'accepted' ? outcome : [outcome.code, outcome.reason])
      }
    }
  }

  test.each(['deny', 'allow'] as const)(
    'in every order of modes, whatever happens on the way: %s',
    async (onUnavailable) => {
      const orders = MODES.flatMap((a) => MODES.flatMap((b) => MODES.map((c) => [a, b, c] as const)))
      const kinds = new Set<string>()
      for (const order of orders) {
        for (const happens of Object.keys(HAPPENINGS)) {
          for (const [index, wait] of WAITS.entries()) {
            const worlds = [
              await openWorld(core, onUnavailable),
              await openWorld(forgetful, onUnavailable),
            ] as const
            await play(worlds, order, [1 + (index % 2), happens, wait])
            const [remembering, reference] = worlds
            expect([order, happens, wait, remembering.seen]).toEqual([order, happens, wait, reference.seen])
            for (const seen of reference.seen) kinds.add(String(seen))
            for (const { auth, elsewhere } of worlds) await Promise.all([auth.close(), elsewhere.close()])
          }
        }
      }
      expect([...kinds].sort()).toEqual(
        [
          'accepted',
          'invalid_token,expired',
          'invalid_token,not_yet_valid',
          'invalid_token,revoked',
          'store_unavailable,',
        ].sort(),
      )
    },
  )
})
