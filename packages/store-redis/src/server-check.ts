/** What an operator should know about the server: an old release, or one that may forget. */

import type { RedisPort } from './connection.js'
import { replyCodeOf } from './failure.js'

const OLDEST = [6, 2] as const

/** Looks at the server; one sentence for each thing that endangers a promise. */
export const serverWarnings = async ({ send }: Pick<RedisPort, 'send'>): Promise<string[]> => {
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

/** Whether new marks can be announced and heard. What cannot is done by the poll, and said once. */
export const channelWarnings = async (
  { send }: Pick<RedisPort, 'send'>,
  channel: string,
  refusal: string | undefined,
): Promise<string[]> => {
  const refused = await send(undefined, ['PUBLISH', channel, '']).then(
    () => refusal,
    (error: unknown) => {
      if (replyCodeOf(error) !== 'NOPERM') throw error
      return (error as Error).message
    },
  )
  if (refused === undefined) return []
  return [
    `the user of Redis has no right to publish to and subscribe to the channel ${channel} (${refused}): a revocation reaches other processes by the poll, within half a second instead of at once`,
  ]
}
