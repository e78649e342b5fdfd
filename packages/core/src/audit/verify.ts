/** `verifyAudit`: what the records of a log prove, writer by writer, and what they cannot prove. */

import type { AuditPlace, AuditRecord } from './audit-log.js'
import { type AuditKey, auditKeyOf, commitmentTo, coveredBy } from './chain.js'

/** What is wrong with a chain, at its first bad record. */
export interface AuditProblem {
  /** `cut`: a checkpoint has seen the record, and it is gone from the end. */
  readonly kind: 'altered' | 'missing' | 'reordered' | 'duplicated' | 'cut'
  /** The number of the record. */
  readonly number: number
  /** Where it shows: the place among the records that were given, from 0. */
  readonly index: number
}

/** What can be said of one writer's chain. */
export interface WriterVerdict {
  readonly writer: string
  /** `open`: nothing is wrong up to `last`; a crash and a cut after `confirmed` cannot be told apart. */
  readonly state: 'closed' | 'open' | 'broken'
  /** Number of the last record. */
  readonly last: number
  /** Up to here a checkpoint has seen the chain. */
  readonly confirmed: number
  /** The first thing that is wrong. */
  readonly problem?: AuditProblem
}

/** What can be said of a log. */
export interface AuditVerdict {
  /** Whether nothing is wrong with any chain. */
  readonly whole: boolean
  readonly writers: readonly WriterVerdict[]
  /** The first bad record of all. */
  readonly first?: AuditProblem & { readonly writer: string }
}

/** A checkpoint's word on a chain: the event `audit_checkpoint` has them. */
export interface KnownHead extends AuditPlace {
  readonly mac: string
}

class Chain {
  expected = 1
  mac = ''
  isClosed = false
  readonly skipped = new Map<number, number>()
  readonly problems: AuditProblem[] = []

  /** Takes a record in whose MAC is right. */
  follow({ number, previous, mac }: AuditRecord, index: number): void {
    if (number < this.expected) {
      const at = this.skipped.get(number)
      this.skipped.delete(number)
      // It shows where the record was passed over.
      this.problems.push({ kind: at === undefined ? 'duplicated' : 'reordered', number, index: at ?? index })
      return
    }
    for (let gone = this.expected; gone < number; gone += 1) this.skipped.set(gone, index)
    if (number === this.expected && previous !== this.mac)
      this.problems.push({ kind: 'altered', number, index })
    this.expected = number + 1
    this.mac = mac
  }
}

const isGenuine = async (record: AuditRecord, keys: readonly AuditKey[]): Promise<boolean> => {
  const key = keys.find(({ id }) => id === record.key)
  if (!key || (await key.mac(coveredBy(record))) !== record.mac) return false
  const { subject, session, personal, commitment } = record
  if (personal === null) return commitment === '' && subject === null && session === null
  if ((await commitmentTo(personal)) !== commitment) return false
  const said = JSON.parse(personal)
  return subject === (said.subject ?? null) && session === (said.sessionId ?? null)
}

const headsOf = ({ type, data }: AuditRecord): { readonly heads: KnownHead[]; readonly closed: boolean } =>
  type === 'audit_checkpoint' ? JSON.parse(data) : { heads: [], closed: false }

const verdictOf = (
  writer: string,
  chain: Chain,
  [confirmed, end]: readonly [number, number],
): WriterVerdict => {
  const last = chain.expected - 1
  const gaps = [...chain.skipped].map(([number, index]) => ({ kind: 'missing' as const, number, index }))
  const cut = confirmed > last ? [{ kind: 'cut' as const, number: last + 1, index: end }] : []
  const [problem] = [...chain.problems, ...gaps, ...cut].sort(
    (a, b) => a.index - b.index || a.number - b.number,
  )
  const state = problem ? 'broken' : chain.isClosed ? 'closed' : 'open'
  return { writer, state, last, confirmed, ...(problem ? { problem } : {}) }
}

/**
 * Checks records against their chains, in the order in which a log gives them. Records that were pruned count as missing,
 * and erased ones as altered: check the log before, or export it.
 *
 * @param records - all records of a log, oldest first
 * @param options - `key`: the secrets that `auditLog` had; `heads`: what checkpoints outside the log have said
 */
export const verifyAudit = async (
  records: Iterable<AuditRecord>,
  { key, heads = [] }: { readonly key: string | readonly string[]; readonly heads?: readonly KnownHead[] },
): Promise<AuditVerdict> => {
  const keys = await Promise.all([key].flat().map((secret) => auditKeyOf(secret)))
  const chains = new Map<string, Chain>()
  const known = [...heads]
  const macs = new Map<string, string>()
  let index = 0
  for (const record of records) {
    const chain = chains.get(record.writer) ?? new Chain()
    chains.set(record.writer, chain)
    if (await isGenuine(record, keys)) {
      chain.follow(record, index)
      macs.set(`${record.writer} ${record.number}`, record.mac)
      const checkpoint = headsOf(record)
      known.push(...checkpoint.heads)
      chain.isClosed = checkpoint.closed
    } else {
      chain.problems.push({ kind: 'altered', number: record.number, index })
      if (record.number === chain.expected) chain.expected += 1
      chain.mac = record.mac
    }
    index += 1
  }
  const confirmed = new Map<string, number>()
  for (const { writer, number, mac } of known) {
    confirmed.set(writer, Math.max(number, confirmed.get(writer) ?? 0))
    const chain = chains.get(writer) ?? new Chain()
    chains.set(writer, chain)
    const found = macs.get(`${writer} ${number}`)
    if (found !== undefined && found !== mac) chain.problems.push({ kind: 'altered', number, index })
  }
  const writers = [...chains].map(([writer, chain]) =>
    verdictOf(writer, chain, [confirmed.get(writer) ?? 0, index]),
  )
  const bad = writers.flatMap(({ writer, problem }) => (problem ? [{ ...problem, writer }] : []))
  const [first] = bad.sort((a, b) => a.index - b.index)
  return { whole: first === undefined, writers, ...(first ? { first } : {}) }
}
