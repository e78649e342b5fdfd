/** security.md J1: what decides between development and production, and what is easier in development. */

import { modelStore } from '@auth/contracts'
import { type AuthOptions, createAuth, isAuthError } from '@auth/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { settingsFrom } from '../../../../core/src/options.js'
import { SECRET } from './scene.js'

const sound = { secret: SECRET, store: modelStore(), environment: 'production' } as const

const problemsOf = (options: AuthOptions): string[] => {
  try {
    createAuth(options)
    return []
  } catch (error) {
    if (!isAuthError(error, 'invalid_options')) throw error
    return error.message.split('\n- ').slice(1)
  }
}
const problemsWith = (more: Partial<AuthOptions>): string[] => problemsOf({ ...sound, ...more })

describe('NODE_ENV decides, and only two exact words mean development', () => {
  afterEach(() => vi.unstubAllEnvs())
  const developmentUnder = (NODE_ENV: string | undefined, environment?: AuthOptions['environment']) => {
    vi.stubEnv('NODE_ENV', NODE_ENV)
    return settingsFrom({ ...sound, environment }).development
  }
  test.each(['development', 'test'])('%s is development', (word) => {
    expect(developmentUnder(word)).toBe(true)
  })
  const PRODUCTION = [
    undefined,
    '',
    'production',
    'Development',
    'DEVELOPMENT',
    'dev',
    'Test',
    'test ',
    'staging',
    'developmen',
  ]
  test.each(PRODUCTION)('%j is production', (word) => {
    expect(developmentUnder(word)).toBe(false)
    expect(problemsOf({ store: sound.store })).toEqual([
      expect.stringMatching(/^secret \(SESSION_SECRET\) is missing/),
    ])
  })
  test('the option decides before it', () => {
    expect(developmentUnder('development', 'production')).toBe(false)
    expect(developmentUnder('staging', 'development')).toBe(true)
    expect(developmentUnder(undefined, 'test')).toBe(true)
  })
  test.each(['development', 'test'] as const)('but "%s" in a production process throws', (environment) => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(problemsWith({ environment })).toEqual([
      `environment is "${environment}" but NODE_ENV says production; production wins, so remove the option`,
    ])
  })
  test('it is read when createAuth is called, not when the module is loaded', () => {
    expect([developmentUnder('test'), developmentUnder('production'), developmentUnder('test')]).toEqual([
      true,
      false,
      true,
    ])
  })
  test('a platform without process is production', () => {
    vi.stubGlobal('process', undefined)
    try {
      expect(settingsFrom({ ...sound, environment: undefined }).development).toBe(false)
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

describe('development is easier, production is not', () => {
  const development = { ...sound, environment: 'development' } as const
  test('an access token of two hours', () => {
    expect(problemsWith({ accessTtl: 7200 })).toEqual(['accessTtl (7200) must be at most 3600 in production'])
    expect(problemsOf({ ...development, accessTtl: 7200 })).toEqual([])
    expect(problemsOf({ ...development, accessTtl: 86_401 })).toHaveLength(1)
  })
  test('no secret', () => {
    expect(problemsOf({ ...development, secret: undefined })).toEqual([])
    expect(problemsWith({ secret: undefined })).toHaveLength(1)
    expect(problemsOf({ ...development, secret: '' })).toHaveLength(1)
    expect(problemsOf({ ...development, secret: 'short' })).toHaveLength(1)
  })
  test('its defaults', () => {
    expect(settingsFrom(development)).toMatchObject({
      ...{ accessTtl: 28_800, overlap: 30, issuer: 'development:app', audience: 'app' },
    })
  })
})
