import { describe, expect, test } from 'vitest'
import { readSettings, SettingsError } from '../src/settings.js'

const PORT = 'PORT must be a port number from 0 to 65535'
const REDIS = 'REDIS_URL must be an address such as redis://localhost:6379'

describe('settings', () => {
  test('none is needed here: what must be there, the library knows', () => {
    expect(readSettings({})).toEqual({ host: '127.0.0.1', port: 3000, databaseFile: ':memory:' })
  })

  test('are read, and an empty variable is none', () => {
    const env = {
      PORT: ' 0 ',
      DATABASE_FILE: 'users.db',
      SESSION_SECRET: '',
      REDIS_URL: 'redis://localhost:6379/2',
      AUTH_ORIGIN: 'https://a.example, https://b.example,',
      AUTH_ACCESS_TTL: '2',
      AUTH_OVERLAP: '0',
      AUTH_LEEWAY: '',
    }
    expect(readSettings(env)).toEqual({
      host: '127.0.0.1',
      port: 0,
      databaseFile: 'users.db',
      secret: '',
      redisUrl: 'redis://localhost:6379/2',
      origins: ['https://a.example', 'https://b.example'],
      accessTtl: 2,
      overlap: 0,
    })
  })

  test.each([
    ['a port that is none', { PORT: 'http' }, `${PORT}, not "http"`],
    ['a port beyond the last', { PORT: '65536' }, PORT],
    ['a life in words', { AUTH_ACCESS_TTL: '10m' }, 'AUTH_ACCESS_TTL must be a whole number of seconds'],
    ['a negative leeway', { AUTH_LEEWAY: '-1' }, 'AUTH_LEEWAY must be a whole number of seconds'],
    ['half a second of overlap', { AUTH_OVERLAP: '0.5' }, 'AUTH_OVERLAP must be a whole number of seconds'],
    ['a Redis without a scheme', { REDIS_URL: 'localhost:6379' }, REDIS],
    ['a Redis on the web', { REDIS_URL: 'https://redis.example' }, REDIS],
    ['a Redis nowhere', { REDIS_URL: 'redis://' }, REDIS],
    ['a Redis port that is none', { REDIS_URL: 'redis://localhost:x' }, REDIS],
    ['a Redis database with a name', { REDIS_URL: 'redis://localhost/sessions' }, REDIS],
  ])('%s is refused', (_title, env, message) => {
    expect(() => readSettings(env)).toThrow(SettingsError)
    expect(() => readSettings(env)).toThrow(message)
  })

  test.each(['redis://localhost', 'rediss://user:pass@redis.example:6380/1', 'redis://[::1]:6379?family=6'])(
    '%s is a Redis',
    (url) => {
      expect(readSettings({ REDIS_URL: url }).redisUrl).toBe(url)
    },
  )

  test('the password of a Redis is not repeated', () => {
    const wrong = () => readSettings({ REDIS_URL: 'redis://:hush-hush@localhost:x', PORT: 'y' })
    expect(wrong).toThrow(REDIS)
    expect(wrong).not.toThrow('hush-hush')
  })

  test('all problems are named at once', () => {
    const wrong = () => readSettings({ PORT: 'x', AUTH_LEEWAY: 'y', REDIS_URL: 'z' })
    for (const name of ['PORT', 'AUTH_LEEWAY', 'REDIS_URL']) expect(wrong).toThrow(name)
  })
})
