/** Checks of what a caller hands over: options are read once, into a snapshot, and every problem is found at once. */

import { AuthError } from './errors.js'

/** Says what is wrong with one value, as the end of a sentence that begins with its name. */
export type Check = (value: unknown) => string | undefined

/** A table of checks: one for each option. */
export type Checks<T extends object> = { readonly [K in keyof Required<T>]: Check }

/** A check that says `message` where `holds` does not. */
export const must =
  (message: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : `must be ${message}`

/** A check for one of the listed words. */
export const oneOf = (...words: readonly string[]): Check =>
  must(words.map((word) => `"${word}"`).join(' or '), (value) => words.includes(value as string))

/** A check for a whole number of seconds. */
export const seconds = (min: number, max: number): Check =>
  must(`a whole number of seconds from ${min} to ${max}`, (value) => {
    return Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
  })

/** A check for a function. */
export const isFunction: Check = must('a function', (value) => typeof value === 'function')
/** A check for true or false. */
export const isBoolean: Check = must('true or false', (value) => typeof value === 'boolean')
/** A check that lets everything pass. */
export const isAnything: Check = () => undefined

/**
 * Reads one member, once: from the value itself or from the classes of the caller, never from the root of the prototype
 * chain (of any realm), where a vulnerable merge anywhere in the process can put things.
 */
const memberOf = (value: object, name: string): unknown => {
  for (let owner: object | null = value; owner !== null; owner = Object.getPrototypeOf(owner)) {
    const isRoot = owner !== value && Object.getPrototypeOf(owner) === null
    if (!isRoot && Object.hasOwn(owner, name)) return Reflect.get(value, name)
  }
  return undefined
}

/** What was read of an options object: the known names that were given, and nothing inherited from anywhere. */
export type Snapshot<T extends object> = { readonly [K in keyof T]: T[K] }

/**
 * Reads an options object by a table of checks. Each known name is read once, from own members and from those of the
 * caller's own classes; the snapshot is what gets checked and used. Undefined counts as absent.
 *
 * @param prefix - what stands before a name in a problem, for instance `cookies.`
 */
export const readOptions = <T extends object>(
  given: unknown,
  checks: Checks<T>,
  prefix = '',
): { readonly options: Snapshot<T>; readonly problems: string[] } => {
  const options = Object.create(null)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return {
      options,
      problems: [`${prefix.replace(/\.$/, '') || 'the argument'} must be an object of options`],
    }
  }
  const names = Object.keys(checks)
  const problems = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => `${prefix}${name} is not an option; there are ${names.join(', ')}`)
  for (const name of names) {
    const value = memberOf(given, name)
    if (value === undefined) continue
    options[name] = value
    const problem = checks[name as keyof T](value)
    if (problem) problems.push(`${prefix}${name} ${problem}`)
  }
  return { options, problems }
}

/** A snapshot out of several objects of ours: what none of them says is not found on a prototype. */
export const snapshotOf = <T extends object>(...parts: readonly Partial<T>[]): Snapshot<T> =>
  Object.assign(Object.create(null), ...parts)

/** The one error for options that cannot work: all problems at once, and never a value of a secret. */
export const invalidOptions = (what: string, problems: readonly string[]): AuthError =>
  new AuthError(
    'invalid_options',
    `${what} cannot work with these options:\n${problems.map((p) => `- ${p}`).join('\n')}`,
  )

/** The one error for what a method cannot take: all problems at once. */
export const invalidInput = (what: string, problems: readonly string[]): AuthError =>
  new AuthError('invalid_argument', `${what}: ${problems.join('; ')}.`)

/** Reads the input of a method by a table of checks. @throws AuthError `invalid_argument`, naming every problem */
export const readInput = <T extends object>(what: string, given: unknown, checks: Checks<T>): Snapshot<T> => {
  const { options, problems } = readOptions<T>(given, checks)
  if (problems.length > 0) throw invalidInput(what, problems)
  return options
}
