/** What an operator should know about the server: an old release, or one that may forget. */

import type { RedisPort } from './connection.js'

const OLDEST = [6, 2] as const

/** Looks at the server; one sentence for each thing that endangers a promise. */
export const serverWarnings = async ({ send }: RedisPort): Promise<string[]> => {
  const info = String(await send(undefined, ['INFO']))
  const value = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const [major = 0, minor = 0] = (value('redis_version') ?? '').split('.').map(Number)
  const policy = value('maxmemory_policy')
  const bounded = value('maxmemory') !== '0'
  return [
    ...(major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
      ? []
      : [`the server says it is Redis ${major}.${minor}; ${OLDEST.join('.')} is the oldest that works`]),
    ...(policy === 'noeviction' || policy === undefined
      ? []
      : [
          `maxmemory-policy is ${policy}${bounded ? '' : ' (without maxmemory so far)'}: under pressure Redis drops sessions, which signs people out, and revocations of single tokens, which brings them back; set it to noeviction`,
        ]),
  ]
}
