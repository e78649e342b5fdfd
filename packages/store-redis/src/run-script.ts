/** Runs scripts by their digest, sending the text only where the server does not know it (any more). */

import { createHash } from 'node:crypto'
import type { RedisPort } from './connection.js'
import { replyCodeOf } from './failure.js'
import type { Script } from './scripts/prologue.js'

/** Runs a script; the first key decides which node it goes to. */
export type RunScript = (
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>

const digests = new Map<Script, string>()
const digestOf = (script: Script): string => {
  const known = digests.get(script) ?? createHash('sha1').update(script).digest('hex')
  digests.set(script, known)
  return known
}

/** Binds a connection. */
export const createRunScript =
  ({ send }: Pick<RedisPort, 'send'>): RunScript =>
  async (script, keys, args) => {
    const rest = [String(keys.length), ...keys, ...args.map(String)]
    try {
      return await send(keys[0], ['EVALSHA', digestOf(script), ...rest])
    } catch (error) {
      // An unknown script has not run, so sending it again cannot run it twice.
      if (replyCodeOf(error) !== 'NOSCRIPT') throw error
      return send(keys[0], ['EVAL', script, ...rest])
    }
  }
