/** The options of a takeover, and every way in which they can be wrong. */

import { type Check, isBoolean, must, readOptions } from '../checks.js'
import type { TakeoverOptions, TakeoverReader } from './takeover-reader.js'

/** The options of a takeover with every default in place. */
export interface TakeoverSettings {
  readonly reader: TakeoverReader
  /** In milliseconds. */
  readonly until: number
  readonly share: number
  readonly end: boolean
}

const isReader = must('a reader of @auth/takeover, or an object with name, cookie and read', (value) => {
  const { name, cookie, read } = Object(value) as Record<string, unknown>
  return (
    typeof name === 'string' && ['string', 'function'].includes(typeof cookie) && typeof read === 'function'
  )
})

const TAKEOVER_CHECKS: Readonly<Record<keyof TakeoverOptions, Check>> = {
  reader: isReader,
  until: must(
    'an instant: a Date, or milliseconds since the Unix epoch',
    (value) => Number.isFinite(Number(value)) && Number(value) > 1e12,
  ),
  share: must('a number from 0 to 1', (value) => typeof value === 'number' && value >= 0 && value <= 1),
  end: isBoolean,
}

/** Reads, checks and completes the option `takeover`. */
export const readTakeover = (
  given: unknown,
): { readonly takeover: TakeoverSettings | undefined; readonly problems: string[] } => {
  if (given === undefined) return { takeover: undefined, problems: [] }
  const { options, problems } = readOptions<TakeoverOptions>(given, TAKEOVER_CHECKS, 'takeover.')
  const { reader, until, share = 1, end = false } = options
  if (reader === undefined) problems.push('takeover.reader is missing')
  if (until === undefined)
    problems.push('takeover.until is missing: the day from which on no old session is accepted')
  return { takeover: { reader, until: Number(until), share, end }, problems }
}
