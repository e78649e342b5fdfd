/** The `TokenStore` on Redis: sessions and marks beside their subject's epoch in one slot, the feed in another. */

import {
  AuthError,
  type FoundSession,
  type Insertion,
  type RevocationLife,
  type RevocationQuery,
  type RevocationTarget,
  type SessionCap,
  type SessionRecord,
  STORE_LIMITS,
  type TokenStore,
} from '@auth/core'
import { type Connection, connect, type RedisSource } from './connection.js'
import { createFeed, type Feed } from './feed.js'
import { createInsertion } from './insertion.js'
import { createKeys, type Keys, restOf } from './keys.js'
import { createReplicated, type Replication } from './replication.js'
import { createRevocation } from './revocation.js'
import { decodeEpoch, decodeSession, encodeSession, TOMBSTONE } from './row.js'
import { createRunScript, type RunScript } from './run-script.js'
import { EPOCH, FIND, IS_REVOKED, MEMBERS, REPLACE } from './scripts/sessions.js'
import { channelWarnings, serverWarnings } from './server-check.js'
import { createWakeUps, type WakeUps } from './wake-up.js'

/** Options of `redisStore`. */
export interface RedisStoreOptions {
  /** First part of every key, at most 64 letters, digits, `:`, `_` and `-`. Default: `auth`. */
  readonly prefix?: string | undefined
  /**
   * Makes a revocation wait until so many replicas have it (`WAIT`), for at most `timeout` milliseconds; where they have
   * not, it rejects with `store_unavailable`. Not for Cluster. Default: it does not wait.
   */
  readonly wait?: Replication | undefined
}

/** How long the epoch of a login under way is remembered, in milliseconds. */
const LOGIN_LIFE = 3_600_000
/** Sessions looked at for a list: those that end last. */
const MAX_INDEXED = 250

const problemsOf = ({ prefix = 'auth', wait, ...unknown }: RedisStoreOptions): string[] => [
  ...Object.keys(unknown).map((name) => `${name} is not an option; there are prefix, wait`),
  ...(/^[A-Za-z0-9:_-]{1,64}$/.test(prefix)
    ? []
    : ['prefix must be 1 to 64 letters, digits, ":", "_" or "-"']),
  ...(wait === undefined || (wait.replicas >= 1 && wait.timeout >= 1 && wait.timeout <= 1000)
    ? []
    : ['wait must be { replicas, timeout }, with 1 replica at least and 1 to 1000 milliseconds']),
]

class RedisStore implements TokenStore {
  readonly #connection: Connection
  readonly #run: RunScript
  readonly #keys: Keys
  readonly #feed: Feed
  readonly #wakeUps: WakeUps
  readonly #channel: string
  readonly #insert: (record: SessionRecord, cap: SessionCap) => Promise<Insertion>
  /** Revocations: beside the others where they wait for replicas, which blocks their connection. */
  readonly #revocations: Connection
  readonly #revoke: ReturnType<typeof createRevocation>
  readonly #replicated: () => Promise<void>

  constructor(source: RedisSource, { prefix = 'auth', wait }: RedisStoreOptions) {
    this.#connection = connect(source)
    if (wait && this.#connection.isCluster) {
      throw new AuthError('invalid_options', 'redisStore cannot work: wait is not for Cluster')
    }
    const keys = createKeys(prefix)
    const channel = keys.channel(this.#connection.database)
    const run = createRunScript(this.#connection)
    this.#run = run
    this.#keys = keys
    this.#channel = channel
    this.#feed = createFeed({ run, keys, channel })
    this.#wakeUps = createWakeUps(this.#connection.listen, channel)
    this.#insert = createInsertion({ run, keys, feed: this.#feed })
    this.#revocations = wait ? this.#connection.beside() : this.#connection
    const runBeside = createRunScript(this.#revocations)
    this.#revoke = createRevocation({
      run: runBeside,
      keys,
      feed: createFeed({ run: runBeside, keys, channel }),
    })
    this.#replicated = wait ? createReplicated(this.#revocations, wait) : async () => undefined
  }

  insert(record: SessionRecord, cap: SessionCap): Promise<Insertion> {
    return this.#insert(record, cap)
  }

  async find(sessionId: string): Promise<FoundSession> {
    // An id that is none of the library's names no row; the clock is still asked for.
    const nowhere = { partition: this.#keys.feed, session: `${this.#keys.feed}:` }
    const { partition, session } = this.#keys.ofSession(sessionId) ?? nowhere
    const [now, row, epoch] = (await this.#run(FIND, [partition, session], [])) as (
      | string
      | null
      | undefined
    )[]
    const record = row ? decodeSession(sessionId, row) : null
    return { record, epoch: decodeEpoch(record && epoch), now: Number(now) }
  }

  async replace(record: SessionRecord, expectedVersion: number): Promise<boolean> {
    const keys = this.#keys.ofSession(record.id)
    if (!keys) return false
    const { field } = this.#keys.ofSubject(record.subject)
    const args = [field, record.epoch, encodeSession(record, field), expectedVersion]
    return (await this.#run(REPLACE, [keys.partition, keys.session], args)) === 1
  }

  async list(subject: string): Promise<SessionRecord[]> {
    const { partition, field } = this.#keys.ofSubject(subject)
    const reply = await this.#run(MEMBERS, [partition], [field, MAX_INDEXED])
    const [now, epoch, members] = reply as [string, string, string[]]
    const ids = members.map((member) => this.#keys.sessionId(subject, restOf(member)))
    const names = ids.flatMap((id) => this.#keys.ofSession(id)?.session ?? [])
    if (names.length === 0) return []
    const rows = (await this.#connection.send(partition, ['MGET', ...names])) as (string | null)[]
    const found = rows.flatMap((row, at) => readable(`${ids[at]}`, row))
    const live = found.filter(
      (each) => each.subject === subject && each.epoch >= Number(epoch) && Number(now) < each.idleExpiresAt,
    )
    return live.sort((a, b) => b.createdAt - a.createdAt).slice(0, STORE_LIMITS.listed)
  }

  async epoch(subject: string) {
    const { partition, field } = this.#keys.ofSubject(subject)
    const [epoch, now] = (await this.#run(EPOCH, [partition], [field, LOGIN_LIFE])) as [string, string]
    return { epoch: Number(epoch), now: Number(now) }
  }

  async revoke(target: RevocationTarget, life: RevocationLife) {
    const revoked = await this.#revoke(target, life)
    await this.#replicated()
    return revoked
  }

  async isRevoked({ tokenId, sessionId, subject, epoch }: RevocationQuery): Promise<boolean> {
    const keys = this.#keys.ofSession(sessionId)
    const { partition, field } = this.#keys.ofSubject(subject)
    // A session of another subject's partition is none of this subject's.
    if (keys?.partition !== partition) return true
    const names = [partition, keys.session, keys.marks]
    return (await this.#run(IS_REVOKED, names, [field, epoch, keys.tokenName(tokenId)])) === 1
  }

  marks(cursor?: string) {
    return this.#feed.read(cursor)
  }

  onMarks(wake: () => void): () => void {
    return this.#wakeUps.onMarks(wake)
  }

  document(name: string) {
    return this.#feed.document(name)
  }

  putDocument(name: string, text: string, expectedVersion: number): Promise<boolean> {
    return this.#feed.putDocument(name, text, expectedVersion)
  }

  async remember(id: string, lastsFor: number): Promise<boolean> {
    const key = this.#keys.once(id)
    const life = String(Math.max(1, Math.ceil(lastsFor)))
    return (await this.#connection.send(key, ['SET', key, '', 'PX', life, 'NX'])) !== null
  }

  /** What an operator should know: unwise client options, an evicting server, an old one, a channel without rights. */
  async warnings(): Promise<readonly string[]> {
    return [
      ...this.#connection.warnings,
      ...(await serverWarnings(this.#connection)),
      ...(await channelWarnings(this.#connection, this.#channel, await this.#wakeUps.refusal())),
    ]
  }

  async close(): Promise<void> {
    this.#wakeUps.close()
    await Promise.all([this.#connection.close(), this.#revocations.close()])
  }
}

/** A row that cannot be read spoils no list. */
const readable = (id: string, row: string | null): SessionRecord[] => {
  if (row === null || row === TOMBSTONE) return []
  try {
    return [decodeSession(id, row)]
  } catch {
    return []
  }
}

/**
 * Creates a `TokenStore` on Redis 6.2 or later, or Valkey: standalone, Sentinel or Cluster.
 *
 * @param source - a URL, which the store opens with options that make outages fail fast; or an ioredis client of yours
 * (`new Redis(url, redisOptions)`, `new Cluster(nodes, clusterOptions)`), which it leaves open; or a `RedisPort`
 * @throws AuthError `invalid_options`
 * @example
 * createAuth({ secret: process.env.SESSION_SECRET, store: redisStore(process.env.REDIS_URL) })
 */
export const redisStore = (
  source: RedisSource,
  options: RedisStoreOptions = {},
): Required<Omit<TokenStore, 'volatile'>> => {
  const problems = problemsOf(options)
  const known = typeof source === 'string' ? source !== '' : typeof source === 'object' && source !== null
  if (!known) problems.push('give it a URL such as redis://localhost:6379, or a client')
  if (problems.length > 0)
    throw new AuthError('invalid_options', `redisStore cannot work: ${problems.join('; ')}`)
  return new RedisStore(source, options)
}
