/** security.md A4-A8: the dates, the issuer and the audience of a rightly signed token. */

import { beforeAll, describe, expect, test } from 'vitest'
import { type Members, openScene, outcomeOf, present, refusal, rows, type Scene } from './scene.js'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})

/** The payload's JSON with one member written as it stands, for numbers that JSON.stringify would not write. */
const withRaw = (payload: Members, member: string, json: string): string =>
  JSON.stringify({ ...payload, [member]: '@' }).replace('"@"', json)

describe('dates are finite JSON numbers', () => {
  const required = ['exp', 'iat', 'auth_time']
  const NO_NUMBERS = [
    'null',
    '"1767225900"',
    '"soon"',
    'true',
    '[]',
    '[1767225900]',
    '{}',
    '1e400',
    '-1e400',
    '1e306',
  ]

  test.each(required)('%s is required', async (member) => {
    const token = scene.forge({ payload: { [member]: undefined } })
    expect(await present(scene, token)).toEqual(refusal(scene, 'bad_claims'))
  })
  test.each([...required, 'nbf'].flatMap((member) => NO_NUMBERS.map((json) => ({ member, json }))))(
    '$member: $json',
    async ({ member, json }) => {
      const token = scene.forge({ payload: withRaw(scene.payload, member, json) })
      expect(await present(scene, token)).toEqual(refusal(scene, 'bad_claims'))
    },
  )
  test.each(['NaN', 'Infinity', '-Infinity', '0x10', '01', '1.', '.5', '+1', '1n', 'undefined'])(
    'exp: %s is not JSON',
    async (json) => {
      const token = scene.forge({ payload: withRaw(scene.payload, 'exp', json) })
      expect(await present(scene, token)).toEqual(refusal(scene, 'malformed'))
    },
  )
  test('fractions of a second count', async () => {
    const token = scene.forge({
      payload: { iat: scene.now - 59.5, exp: scene.now - 59.5, nbf: scene.now + 59.5 },
    })
    expect((await present(scene, token)).outcome).toBe('accepted')
  })
})

describe('the leeway is accepted on every date, and not a millisecond more', () => {
  type Row = [claims: (now: number) => Members, leeway: number, verdict: string]
  const ROWS: Record<string, Row> = {
    'exp a millisecond ahead of the leeway': [(now) => ({ exp: now - 59.999 }), 60, 'accepted'],
    'exp exactly at the end of the leeway': [(now) => ({ exp: now - 60 }), 60, 'expired'],
    'exp past the leeway': [(now) => ({ exp: now - 61 }), 60, 'expired'],
    'exp = now without leeway': [(now) => ({ exp: now }), 0, 'expired'],
    'exp in a millisecond without leeway': [(now) => ({ exp: now + 0.001 }), 0, 'accepted'],
    'exp with the largest leeway': [(now) => ({ exp: now - 299 }), 300, 'accepted'],
    'exp 0': [() => ({ exp: 0 }), 60, 'expired'],
    'exp negative': [() => ({ exp: -1 }), 60, 'expired'],
    'iat ahead by the leeway': [(now) => ({ iat: now + 60 }), 60, 'accepted'],
    'iat ahead by more': [(now) => ({ iat: now + 60.001 }), 60, 'not_yet_valid'],
    'iat ahead without leeway': [(now) => ({ iat: now + 0.001 }), 0, 'not_yet_valid'],
    'iat in milliseconds': [(now) => ({ iat: now * 1000 }), 60, 'not_yet_valid'],
    'nbf ahead by the leeway': [(now) => ({ nbf: now + 60 }), 60, 'accepted'],
    'nbf ahead by more': [(now) => ({ nbf: now + 60.001 }), 60, 'not_yet_valid'],
    'nbf ahead without leeway': [(now) => ({ nbf: now + 0.001 }), 0, 'not_yet_valid'],
    'nbf long ago': [() => ({ nbf: 0 }), 0, 'accepted'],
  }
  test.each(Object.entries(ROWS))('%s', async (_, [claims, leeway, verdict]) => {
    const own = await openScene({ leeway })
    const { outcome } = await present(own, own.forge({ payload: claims(own.now) }))
    expect(outcome).toEqual(verdict === 'accepted' ? verdict : refusal(own, verdict).outcome)
    own.auth.close()
  })

  test('a genuine token ends when its time and the leeway have passed', async () => {
    const own = await openScene({ accessTtl: 600, leeway: 60 })
    own.clock.advance(659.999)
    expect((await present(own, own.pair.accessToken)).outcome).toBe('accepted')
    own.clock.advance(0.001)
    expect(await present(own, own.pair.accessToken)).toEqual(refusal(own, 'expired', own.pair.principal))
  })

  test.each([Number.NaN, undefined, null, 'now', {}])(
    'a clock that says %j refuses every token',
    async (time) => {
      let broken = false
      const own = await openScene()
      const options = { now: () => (broken ? (time as number) : own.clock.now()) }
      const other = await openScene(options)
      broken = true
      const outcome = await outcomeOf(other.auth.authenticate(other.pair.accessToken, { revocation: 'none' }))
      expect(outcome).toMatchObject({ code: 'invalid_token', reason: 'not_yet_valid' })
    },
  )
})

describe('no token lives longer than a constant, whatever was configured when it was made', () => {
  const LIMITS = [
    { environment: 'production', cap: 3600, accessTtl: 600 },
    { environment: 'development', cap: 86_400, accessTtl: 600 },
  ] as const
  test.each(LIMITS)('$cap seconds in $environment', async ({ cap, ...options }) => {
    const own = await openScene(options)
    const { now } = own
    const longest = own.forge({ payload: { iat: now, exp: now + cap } })
    expect((await present(own, longest)).outcome).toBe('accepted')
    for (const exp of [now + cap + 0.001, now + 10 * cap, now * 1000, 1e300]) {
      const token = own.forge({ payload: { iat: now, exp } })
      expect(await present(own, token)).toEqual(refusal(own, 'lifetime_too_long'))
    }
    expect(await present(own, own.forge({ payload: { iat: 0, exp: now + 1 } }))).toEqual(
      refusal(own, 'lifetime_too_long'),
    )
  })
})

describe('issuer and audience are compared exactly', () => {
  const ISSUERS = [
    'App',
    'app ',
    ' app',
    'ap',
    'apple',
    '',
    null,
    undefined,
    5,
    ['app'],
    { app: 1 },
    true,
    'app\0',
    'development:app',
  ]
  test.each(rows<unknown>(...ISSUERS))('iss $value is not "app"', async ({ value: iss }) => {
    expect(await present(scene, scene.forge({ payload: { iss } }))).toEqual(refusal(scene, 'wrong_issuer'))
  })

  const AUDIENCES = [
    ...[
      'App',
      'app ',
      'ap',
      'apple',
      '',
      null,
      undefined,
      5,
      true,
      { app: 1 },
      [],
      [[]],
      ['apple'],
      [['app']],
    ],
    ...[['app', 5], ['app', null], [{}, 'app'], ['a', 'p', 'p'], 'app,other', 'app other', ['app '], ['APP']],
  ]
  test.each(AUDIENCES.map((aud) => ({ aud })))('aud $aud does not name "app"', async ({ aud }) => {
    expect(await present(scene, scene.forge({ payload: { aud } }))).toEqual(refusal(scene, 'wrong_audience'))
  })
  test.each([['app'], ['other', 'app'], ['app', 'app']].map((aud) => ({ aud })))(
    'aud $aud does',
    async ({ aud }) => {
      expect((await present(scene, scene.forge({ payload: { aud } }))).outcome).toBe('accepted')
    },
  )

  test('a configured audience is told from the issuer', async () => {
    const own = await openScene({ issuer: 'https://id.example', audience: 'https://api.example' })
    expect(own.payload).toMatchObject({ iss: 'https://id.example', aud: 'https://api.example' })
    const token = own.forge({ payload: { aud: 'https://id.example' } })
    expect(await present(own, token)).toEqual(refusal(own, 'wrong_audience'))
  })
})
