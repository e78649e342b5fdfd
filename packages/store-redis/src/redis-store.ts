/** The `TokenStore` on Redis: sessions and marks beside their subject's epoch in one slot, the feed on a stream. */

import {
  AuthError,
  type FeedMark,
  type FoundSession,
  type RevocationMark,
  type RevocationQuery,
  type SessionRecord,
  type SubjectMark,
  type TokenStore,
} from '@auth/core'
import { type Connection, connect, type RedisSource } from './connection.js'
import { createKeys, type Keys } from './keys.js'
import { createReplicated, type Replication } from './replication.js'
import { decodeEpoch, decodeSession, encodeSession } from './row.js'
import { createRunScript, type RunScript } from './run-script.js'
import * as scripts from './scripts.js'
import { serverWarnings } from './server-check.js'

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
/** The feed keeps entries at least so long: the longest life of an access token and three times the longest leeway. */
const FEED_LIFE = (3600 + 3 * 300) * 1000
const MAX_LISTED = 100
/** Sessions looked at for a list: those that end last. */
const MAX_INDEXED = 250
const PAGE = 1000
const ENTRY_ID = /^\d{1,16}-\d{1,16}$/

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
  /** Revocations: beside the others where they wait for replicas, which blocks their connection. */
  readonly #revocations: Connection
  readonly #runRevocation: RunScript
  readonly #replicated: () => Promise<void>

  constructor(source: RedisSource, { prefix = 'auth', wait }: RedisStoreOptions) {
    this.#connection = connect(source)
    if (wait && this.#connection.isCluster) {
      throw new AuthError('invalid_options', 'redisStore cannot work: wait is not for Cluster')
    }
    this.#run = createRunScript(this.#connection)
    this.#keys = createKeys(prefix)
    this.#revocations = wait ? this.#connection.beside() : this.#connection
    this.#runRevocation = createRunScript(this.#revocations)
    this.#replicated = wait ? createReplicated(this.#revocations, wait) : async () => undefined
  }

  async insert(record: SessionRecord): Promise<boolean> {
    const keys = this.#keys.ofSession(record.id)
    const { partition, field } = this.#keys.ofSubject(record.subject)
    if (keys?.partition !== partition) {
      throw new AuthError(
        'invalid_argument',
        'The session id does not begin with the partition of its subject.',
      )
    }
    const args = [field, record.epoch, encodeSession(record, field), record.expiresAt, keys.random]
    return (await this.#run(scripts.INSERT, [partition, keys.session], args)) === 1
  }

  async find(sessionId: string): Promise<FoundSession> {
    // An id that is none of ours names no row; the clock is still asked for.
    const nowhere = { partition: this.#keys.feed, session: `${this.#keys.feed}:` }
    const { partition, session } = this.#keys.ofSession(sessionId) ?? nowhere
    const reply = await this.#run(scripts.FIND, [partition, session], [])
    const [now, text, epochs] = reply as (string | null | undefined)[]
    const record = text ? decodeSession(sessionId, text) : null
    return { record, epoch: decodeEpoch(record && epochs), now: Number(now) }
  }

  async replace(record: SessionRecord, expectedVersion: number): Promise<boolean> {
    const keys = this.#keys.ofSession(record.id)
    if (!keys) return false
    const { field } = this.#keys.ofSubject(record.subject)
    const args = [field, record.epoch, encodeSession(record, field), expectedVersion]
    return (await this.#run(scripts.REPLACE, [keys.partition, keys.session], args)) === 1
  }

  async list(subject: string): Promise<SessionRecord[]> {
    const { partition, field } = this.#keys.ofSubject(subject)
    const reply = await this.#run(scripts.MEMBERS, [partition], [field, MAX_INDEXED])
    const [now, epoch, members] = reply as [string, string, string[]]
    if (members.length === 0) return []
    const names = members.map((random) => `${partition}:${random}`)
    const texts = (await this.#connection.send(partition, ['MGET', ...names])) as (string | null)[]
    const idAt = (at: number) => this.#keys.sessionId(subject, members[at] as string)
    const found = texts.flatMap((text, at) => (text === null ? [] : decodeSession(idAt(at), text)))
    const live = found.filter((record) => {
      return record.subject === subject && record.epoch >= Number(epoch) && Number(now) < record.idleExpiresAt
    })
    return live.sort((a, b) => b.createdAt - a.createdAt).slice(0, MAX_LISTED)
  }

  async epoch(subject: string) {
    const { partition, field } = this.#keys.ofSubject(subject)
    const [epoch, now] = (await this.#run(scripts.EPOCH, [partition], [field, LOGIN_LIFE])) as [
      string,
      string,
    ]
    return { epoch: Number(epoch), now: Number(now) }
  }

  async revoke(mark: RevocationMark): Promise<boolean> {
    const changed = await this.#revoke(mark)
    await this.#replicated()
    return changed
  }

  async isRevoked({ tokenId, sessionId, subject, epoch }: RevocationQuery): Promise<boolean> {
    const keys = this.#keys.ofSession(sessionId)
    const { partition, field } = this.#keys.ofSubject(subject)
    // A session of another subject's partition is none of this subject's.
    if (keys?.partition !== partition) return true
    const names = [partition, keys.session, keys.token(tokenId)]
    return (await this.#run(scripts.IS_REVOKED, names, [field, epoch])) === 1
  }

  async marks(cursor?: string) {
    const marks: FeedMark[] = []
    let last = cursor !== undefined && ENTRY_ID.test(cursor) ? cursor : ''
    for (;;) {
      const page = (await this.#run(scripts.READ, [this.#keys.feed], [last, PAGE])) as [string, string[]][]
      for (const [id, fields] of page) {
        marks.push(JSON.parse(fields[1] as string))
        last = id
      }
      if (page.length < PAGE) return { marks, cursor: last }
    }
  }

  /** What an operator should know: unwise client options, an evicting server, an old one. */
  async warnings(): Promise<readonly string[]> {
    return [...this.#connection.warnings, ...(await serverWarnings(this.#connection))]
  }

  async close(): Promise<void> {
    await Promise.all([this.#connection.close(), this.#revocations.close()])
  }

  async #revoke(mark: RevocationMark): Promise<boolean> {
    if (mark.kind === 'subject') return this.#revokeSubject(mark)
    const keys = this.#keys.ofSession(mark.sessionId)
    await this.#publish(mark)
    if (!keys) return false
    const reply =
      mark.kind === 'token'
        ? await this.#runRevocation(scripts.MARK, [keys.token(mark.tokenId)], [mark.expiresAt])
        : await this.#runRevocation(scripts.REMOVE, [keys.partition, keys.session], [keys.random])
    return reply === 1
  }

  /**
   * Three steps, each safe to stop after: logins get the coming epoch; the feed reports it; everything older dies. A
   * caller that saw an error calls again, and whoever signs in meanwhile is not caught by what was left undone.
   */
  async #revokeSubject(mark: SubjectMark): Promise<boolean> {
    const { partition, field } = this.#keys.ofSubject(mark.subject)
    const epoch = Number(await this.#runRevocation(scripts.RESERVE, [partition], [field, mark.expiresAt]))
    await this.#publish({ ...mark, epoch })
    const kept = mark.keep === undefined ? null : this.#keys.ofSession(mark.keep)
    const names = kept?.partition === partition ? [partition, kept.session] : [partition]
    return (await this.#runRevocation(scripts.RAISE, names, [field, epoch])) === 1
  }

  async #publish(mark: FeedMark): Promise<void> {
    const life = Math.max(FEED_LIFE, mark.expiresAt - Date.now())
    await this.#runRevocation(scripts.PUBLISH, [this.#keys.feed], [JSON.stringify(mark), Math.ceil(life)])
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
