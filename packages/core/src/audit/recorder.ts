/** `auditLog`: the bounded queue between the requests and an audit log. No request ever waits for it. */

import { invalidInput } from '../checks.js'
import { withinDeadline } from '../deadline.js'
import { excerptOf } from '../errors.js'
import { randomId } from '../session/session-id.js'
import type { Audit, AuditContext, OpenAudit } from './audit.js'
import { AUDIT_LIMITS, type AuditLog, type AuditRecord } from './audit-log.js'
import { type AuditKey, auditKeyOf, type ChainEnd, entryOf, recordOf } from './chain.js'
import type { AuthEvent } from './event.js'

/** Events that wait at most. */
const CAPACITY = 10_000
/** Pause in which a batch gathers, and before the next attempt at a log that does not answer, in milliseconds. */
const PAUSE = 50
const RETRY = 1000
/** How long one append may take, and how long `close` waits for the log, in milliseconds. */
const PATIENCE = 5000
/** Activity between two checkpoints, in milliseconds. */
const CHECKPOINT = 60_000
/** What gives way where the queue is full. */
const ROUTINE: ReadonlySet<string> = new Set(['token_issued', 'refreshed'])

interface Waiting {
  readonly event: AuthEvent
  readonly order: number
}

class Recorder implements OpenAudit {
  readonly #log: AuditLog
  readonly #context: AuditContext
  readonly #key: () => Promise<AuditKey>
  #routine: Waiting[] = []
  #security: Waiting[] = []
  #order = 0
  #lost: Record<string, number> = {}
  /** Records that are numbered and not yet confirmed: they are sent again as they are. */
  #batch: AuditRecord[] = []
  #end: ChainEnd | undefined
  #checkpointed: number | undefined
  #working: Promise<boolean> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isTroubled = false
  #isClosed = false

  constructor(log: AuditLog, key: () => Promise<AuditKey>, context: AuditContext) {
    this.#log = log
    this.#key = key
    this.#context = context
  }

  push(event: AuthEvent): void {
    if (this.#isClosed) return
    const waiting = { event: { ...event }, order: this.#order }
    this.#order += 1
    const isRoutine = ROUTINE.has(event.type)
    if (this.#routine.length + this.#security.length >= CAPACITY) {
      const gone = isRoutine ? waiting : (this.#routine.pop() ?? waiting)
      this.#lost[gone.event.type] = (this.#lost[gone.event.type] ?? 0) + 1
      if (gone === waiting) return
    }
    ;(isRoutine ? this.#routine : this.#security).push(waiting)
    this.#schedule(PAUSE)
  }

  async read(query: Parameters<OpenAudit['read']>[0]) {
    const { limit = AUDIT_LIMITS.page } = query
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > AUDIT_LIMITS.longestPage)
      throw invalidInput('audit.read', [`limit must be 1 to ${AUDIT_LIMITS.longestPage}`])
    const { records, cursor } = await this.#log.read(query)
    return { events: records.map(entryOf), cursor }
  }

  async flush(): Promise<void> {
    while ((this.#pending() || this.#working) && (await this.#work())) {}
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#isClosed = true
    const flushing = this.flush().then(() => (this.#pending() ? undefined : this.#finish()))
    await withinDeadline(flushing, PATIENCE).catch(() => undefined)
    const left = [...this.#batch.map(({ type }) => type), ...this.#take(CAPACITY).map(({ type }) => type)]
    for (const type of left) this.#lost[type] = (this.#lost[type] ?? 0) + 1
    const lost = this.#lostEvent()
    if (lost) this.#context.report(lost)
    await this.#log.close()
  }

  #pending(): boolean {
    return this.#batch.length + this.#routine.length + this.#security.length > 0
  }

  /** Nothing here keeps a process alive. */
  #schedule(pause: number): void {
    if (this.#timer !== undefined || this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#work().then((isKept) => this.#pending() && this.#schedule(isKept ? 0 : RETRY))
    }, pause)
    ;(this.#timer as { unref?(): void }).unref?.()
  }

  #work(): Promise<boolean> {
    this.#working ??= this.#send().finally(() => {
      this.#working = undefined
    })
    return this.#working
  }

  /** Sends one batch. False where the log did not take it. */
  async #send(): Promise<boolean> {
    try {
      if (this.#batch.length === 0) {
        const key = await this.#key() // before an event leaves the queue
        await this.#number(this.#next(), key)
      }
      if (this.#batch.length === 0) return true
      await withinDeadline(this.#log.append(this.#batch), PATIENCE, true)
      this.#batch = []
      this.#isTroubled = false
      return true
    } catch (error) {
      if (!this.#isTroubled)
        this.#context.report(this.#context.stamp({ type: 'audit_trouble', message: excerptOf(error) }))
      this.#isTroubled = true
      return false
    }
  }

  /** The events of the next batch, in their order; what was lost before it, and the checkpoint that is due. */
  #next(): AuthEvent[] {
    const events = this.#take(AUDIT_LIMITS.batch - 2)
    const lost = this.#lostEvent()
    if (lost) {
      this.#lost = {}
      this.#context.report(lost)
      events.unshift(lost)
    }
    return events
  }

  #take(count: number): AuthEvent[] {
    const all = [...this.#routine.slice(0, count), ...this.#security.slice(0, count)]
    const taken = new Set(all.sort((a, b) => a.order - b.order).slice(0, count))
    this.#routine = this.#routine.filter((waiting) => !taken.has(waiting))
    this.#security = this.#security.filter((waiting) => !taken.has(waiting))
    return [...taken].map(({ event }) => event)
  }

  #lostEvent(): AuthEvent | undefined {
    const count = Object.values(this.#lost).reduce((sum, some) => sum + some, 0)
    if (count === 0) return undefined
    return this.#context.stamp({ type: 'audit_lost', count, types: { ...this.#lost } })
  }

  /** Numbers are given here, after every decision to drop. */
  async #number(events: readonly AuthEvent[], key: AuditKey): Promise<void> {
    let end = this.#end ?? { writer: randomId(), number: 0, mac: '' }
    const batch: AuditRecord[] = []
    const chain = async (event: AuthEvent) => {
      const record = await recordOf(event, end, key)
      batch.push(record)
      end = record
    }
    for (const event of events) await chain(event)
    const now = this.#context.now()
    this.#checkpointed ??= now
    if (batch.length > 0 && now - this.#checkpointed >= CHECKPOINT)
      await chain(await this.#checkpoint(end, false))
    this.#end = end
    this.#batch = batch
  }

  /** Where this chain and those of others stand: what a later cut of any of them is held against. */
  async #checkpoint({ writer, number, mac }: ChainEnd, closed: boolean): Promise<AuthEvent> {
    this.#checkpointed = this.#context.now()
    const known = await withinDeadline(this.#log.heads(), PATIENCE, true).catch(() => [])
    const others = known.filter((head) => head.writer !== writer).slice(-100)
    const heads = others.map((head) => ({ writer: head.writer, number: head.last, mac: head.mac }))
    const own = number === 0 ? [] : [{ writer, number, mac }]
    const event = this.#context.stamp({ type: 'audit_checkpoint', heads: [...own, ...heads], closed })
    this.#context.report(event)
    return event
  }

  async #finish(): Promise<void> {
    if (!this.#end) return
    const record = await recordOf(await this.#checkpoint(this.#end, true), this.#end, await this.#key())
    await this.#log.append([record])
  }
}

/**
 * Keeps the events of `createAuth` in an audit log that shows when it was tampered with.
 *
 * @param log - where records are kept, for instance `memoryAuditLog()`
 * @param options - `key`: a secret of the log's own, at least 32 bytes, with which `verifyAudit` can check it
 * @throws AuthError `invalid_argument`
 * @example
 * createAuth({ audit: auditLog(memoryAuditLog(), { key: process.env.AUDIT_KEY }), ... })
 */
export const auditLog = (log: AuditLog, options: { readonly key: string }): Audit => {
  const { key } = Object(options)
  if (typeof key !== 'string' || new TextEncoder().encode(key).length < 32)
    throw invalidInput('auditLog', ['key must be a secret of at least 32 bytes'])
  if (typeof log?.append !== 'function') throw invalidInput('auditLog', ['give it an AuditLog'])
  let derived: Promise<AuditKey> | undefined
  const load = () => {
    derived ??= auditKeyOf(key)
    return derived
  }
  return { open: (context) => new Recorder(log, load, context) }
}
