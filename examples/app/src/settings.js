/** The settings of an example, read from the environment and checked at start. */

/** A setting is wrong; the message says which, and what to do. */
export class SettingsError extends Error {}

/** A host, and perhaps the number of a database. */
const REDIS = /^rediss?:\/\/[^/?#]+(\/\d*)?(\?.*)?$/

/** @typedef {ReturnType<typeof readSettings>} Settings */

/**
 * Reads the settings, or throws one error that lists everything that is wrong with them. An empty variable counts as
 * absent, except the secret: it goes to the library as it is, and the library judges it.
 *
 * @param {Record<string, string | undefined>} env
 */
export const readSettings = (env = process.env) => {
  /** @type {string[]} */
  const problems = []

  /** @param {string} name @param {string} kind @param {number} [max] */
  const number = (name, kind, max = Number.MAX_SAFE_INTEGER) => {
    const text = env[name]?.trim()
    if (!text) return undefined
    if (!/^\d+$/.test(text) || Number(text) > max) problems.push(`${name} must be ${kind}, not "${text}"`)
    return Number(text)
  }

  /** The address is not repeated: it may hold a password. */
  const redis = () => {
    const text = env.REDIS_URL?.trim()
    if (!text) return undefined
    if (!REDIS.test(text) || !URL.canParse(text)) {
      problems.push('REDIS_URL must be an address such as redis://localhost:6379')
    }
    return text
  }

  const settings = {
    host: env.HOST || '127.0.0.1', // the demo's password is known to everyone: it is not for the network
    port: number('PORT', 'a port number from 0 to 65535', 65_535) ?? 3000,
    databaseFile: env.DATABASE_FILE || ':memory:',
    secret: env.SESSION_SECRET,
    redisUrl: redis(),
    origins: env.AUTH_ORIGIN?.split(',').flatMap((origin) => origin.trim() || []),
    accessTtl: number('AUTH_ACCESS_TTL', 'a whole number of seconds'),
    overlap: number('AUTH_OVERLAP', 'a whole number of seconds'),
    leeway: number('AUTH_LEEWAY', 'a whole number of seconds'),
  }
  if (problems.length > 0) throw new SettingsError(`Wrong settings:\n- ${problems.join('\n- ')}`)
  return settings
}

/**
 * Runs a step of the start. A wrong setting, whether we or the library found it, ends the process with its message;
 * any other error is a bug and keeps its stack.
 *
 * @template T
 * @param {() => T | Promise<T>} step
 * @returns {Promise<T>}
 */
export const orExit = async (step) => {
  try {
    return await step()
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error)
    if (!(error instanceof SettingsError) && code !== 'invalid_options') throw error
    console.error(message)
    process.exit(1)
  }
}
