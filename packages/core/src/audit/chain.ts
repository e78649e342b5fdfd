/** The chain of a writer: how an event becomes a record, what its MAC covers, and how it is read again. */

import { platform } from '#platform'
import { randomId } from '../session/session-id.js'
import type { AuditRecord } from './audit-log.js'
import type { AuthEvent } from './event.js'

/** Fields that name a person. They leave a record when it is erased. */
const PERSONAL = 'subject sessionId kept ip userAgent requestId identifier device hint'.split(' ')

/** A key of the chain. */
export interface AuditKey {
  /** Names the key without revealing it. */
  readonly id: string
  /** The encoded MAC of a message. */
  mac(message: string): Promise<string>
}

/** Derives the key of a chain from a secret of its own. */
export const auditKeyOf = async (secret: string): Promise<AuditKey> => {
  const bytes = new TextEncoder().encode(secret)
  const id = platform.encode(await platform.hkdf(bytes, 'auth/1 audit log key id', 8))
  const key = await platform.hmacKey(await platform.hkdf(bytes, 'auth/1 audit log', 32))
  return { id, mac: async (message) => platform.encode(await key.sign(message)) }
}

/** What a MAC covers: the exact values, in an encoding that no two records share. */
export const coveredBy = (record: Omit<AuditRecord, 'mac'>): string => {
  const { writer, number, at, type, data, commitment, key, previous } = record
  return JSON.stringify(['auth/1', writer, number, at, type, data, commitment, key, previous])
}

/** The digest that stands for what is personal. */
export const commitmentTo = async (personal: string): Promise<string> =>
  platform.encode(await platform.sha256(personal))

/** Where a chain stands. */
export interface ChainEnd {
  readonly writer: string
  readonly number: number
  readonly mac: string
}

/** Makes the record that follows the end of a chain. */
export const recordOf = async (event: AuthEvent, end: ChainEnd, key: AuditKey): Promise<AuditRecord> => {
  const { type, at, ...fields } = event
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  const isPersonal = ([name]: readonly [string, unknown]) => PERSONAL.includes(name)
  const person: Readonly<Record<string, unknown>> = Object.fromEntries(entries.filter(isPersonal))
  const hasPerson = Object.keys(person).length > 0
  const personal = hasPerson ? JSON.stringify({ salt: randomId(), ...person }) : null
  const record = {
    writer: end.writer,
    number: end.number + 1,
    at,
    type,
    subject: typeof person.subject === 'string' ? person.subject : null,
    session: typeof person.sessionId === 'string' ? person.sessionId : null,
    data: JSON.stringify(Object.fromEntries(entries.filter((entry) => !isPersonal(entry)))),
    personal,
    commitment: personal === null ? '' : await commitmentTo(personal),
    key: key.id,
    previous: end.mac,
  }
  return { ...record, mac: await key.mac(coveredBy(record)) }
}

/** An event as it is read from a log. After an erasure, what names a person is missing. */
export type AuditEntry = Pick<AuthEvent, 'type' | 'at'> & {
  /** Whose chain it is in, and where. */
  readonly writer: string
  readonly number: number
  /** Whether what named a person was taken out. */
  readonly erased: boolean
  /** The fields of the event, as documented for its type. */
  readonly [field: string]: unknown
}

/** The event of a record. */
export const entryOf = ({
  writer,
  number,
  at,
  type,
  data,
  personal,
  commitment,
}: AuditRecord): AuditEntry => {
  const { salt: _, ...person } = JSON.parse(personal ?? '{}')
  const erased = personal === null && commitment !== ''
  return { ...JSON.parse(data), ...person, type, at, writer, number, erased }
}
