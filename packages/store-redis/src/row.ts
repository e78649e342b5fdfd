/** How a session lies in Redis: what scripts look at, then numbers in a compact form, then everything else as JSON. */

import { AuthError, parseSessionRecord, type SessionRecord } from '@auth/core'
import { sortable } from './keys.js'

/** What stands in the place of a session that was ended with a tombstone. */
export const TOMBSTONE = '-'
/** So many characters of a row hold its head. */
export const HEAD_LENGTH = 200
/**
 * Name of the layout below. It stays: what a later release adds to a record goes into the JSON part, which gives back what
 * it does not know. A release with other numbers has another name for them, and writes it only when every release beside
 * it can read it. Scripts of all releases read what stands before the name.
 */
const LAYOUT = 'a'
const HEAD = /^(\d+) (\d+) (\S+) ([0-9a-z]+) (\w)([0-9a-z,-]*)/

/** What a row says before its JSON part. Instants in milliseconds, the idle time in seconds. */
export interface RowHead {
  readonly epoch: number
  readonly version: number
  /** Names the subject within its partition. */
  readonly field: string
  readonly expiresAt: number
  readonly createdAt: number
  readonly rotatedAt: number
  readonly idleExpiresAt: number
}

const PERSISTENT = 1
const COOKIE = 2

/**
 * A session as a row: `<epoch> <version> <field> <expiresAt> <layout><numbers><json>`. Numbers are in base 36, and each
 * instant is a distance from another, which keeps most of them to one digit.
 */
export const encodeSession = (record: SessionRecord, field: string): string => {
  const { id, subject, epoch, version, generation, previous, recoveries, seed, ...others } = record
  const { createdAt, rotatedAt, authenticatedAt, idleFor, idleExpiresAt, expiresAt, ...rest } = others
  const { persistent, transport, ...unknown } = rest
  const numbers = [
    (persistent ? PERSISTENT : 0) + (transport === 'cookie' ? COOKIE : 0),
    generation,
    previous,
    recoveries,
    expiresAt - createdAt,
    authenticatedAt - createdAt,
    rotatedAt - createdAt,
    idleFor,
    rotatedAt + idleFor * 1000 - idleExpiresAt,
  ]
  const json = JSON.stringify([subject, seed, unknown]).replace(/,\{\}\]$/, ']')
  const digits = numbers.map((number) => number.toString(36)).join()
  return `${epoch} ${version} ${field} ${sortable(expiresAt)} ${LAYOUT}${digits}${json}`
}

const numbersOf = (text: string): { head: RowHead; numbers: number[]; length: number } | null => {
  const [whole, epoch, version, field, end = '', layout, digits = ''] = HEAD.exec(text) ?? []
  if (whole === undefined || field === undefined || layout !== LAYOUT) return null
  const numbers = digits.split(',').map((number) => Number.parseInt(number, 36))
  const [, , , , life = 0, , rotated = 0, idleFor = 0, idleShort = 0] = numbers
  const expiresAt = Number.parseInt(end, 36)
  const createdAt = expiresAt - life
  const rotatedAt = createdAt + rotated
  const idleExpiresAt = rotatedAt + idleFor * 1000 - idleShort
  const instants = { expiresAt, createdAt, rotatedAt, idleExpiresAt }
  const head = { epoch: Number(epoch), version: Number(version), field, ...instants }
  return { head, numbers, length: whole.length }
}

/** Reads the head of a row, of which the first `HEAD_LENGTH` characters are enough; null where it cannot be read. */
export const decodeHead = (text: string): RowHead | null => numbersOf(text)?.head ?? null

/** Reads a session back. @throws AuthError `store_unavailable` where this release cannot read it */
export const decodeSession = (id: string, text: string): SessionRecord => {
  const found = numbersOf(text)
  const json = found && partsOf(text.slice(found.length))
  if (!json) throw new AuthError('store_unavailable', 'Redis holds a row that this release cannot read.')
  const { field: _field, ...head } = found.head
  const [kind = 0, generation, previous, recoveries, , authenticated = 0, , idleFor] = found.numbers
  const [subject, seed, unknown] = json
  return parseSessionRecord({
    ...unknown,
    ...head,
    ...{ id, subject, seed, generation, previous, recoveries, idleFor },
    authenticatedAt: head.createdAt + authenticated,
    persistent: (kind & PERSISTENT) !== 0,
    transport: (kind & COOKIE) !== 0 ? 'cookie' : 'bearer',
  })
}

type Parts = readonly [subject: string, seed: string, unknown?: object]

const partsOf = (json: string): Parts | null => {
  try {
    const parts: unknown = JSON.parse(json)
    return Array.isArray(parts) ? (parts as unknown as Parts) : null
  } catch {
    return null
  }
}

/** The epoch below which a subject's sessions are dead, as a script reports it. */
export const decodeEpoch = (text: string | null | undefined): number =>
  text ? Number(text) : Number.MAX_SAFE_INTEGER
