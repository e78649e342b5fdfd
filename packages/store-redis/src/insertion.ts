/** Opening a session: under a cap, others may have to go first. */

import { AuthError, type Insertion, type SessionCap, type SessionMark, type SessionRecord } from '@auth/core'
import type { Feed } from './feed.js'
import { type Keys, memberOf, restOf, type SessionKeys } from './keys.js'
import { decodeHead, encodeSession, type RowHead, TOMBSTONE } from './row.js'
import type { RunScript } from './run-script.js'
import { HEADS, INSERT, SHARE } from './scripts/sessions.js'

/** Sessions that one login ends at most; where there are more than the cap allows, the next logins end the rest. */
const ENDED_AT_ONCE = 100
/** Attempts before a login gives up: each fails only where another login of the same subject has succeeded. */
const MAX_ROUNDS = 100
/** How much shorter than asked for the known mark of a session that lives may last, in milliseconds. */
const TOLERANCE = 1000

/** A session of the index, as its row says. */
interface Candidate {
  readonly member: string
  readonly keys: SessionKeys
  /** Null where the row cannot be read: such a session counts, and is left alone. */
  readonly head: RowHead | null
}

/** How room is made. */
interface Room {
  /** Sessions that have to go. */
  readonly ending: readonly Candidate[]
  /** Members of the index that no session stands behind any more. */
  readonly dead: readonly Candidate[]
  /** Members of the index that belong to other subjects of the partition. */
  readonly others: number
  /** How many sessions there may be before this one, once those have gone. */
  readonly limit: number
}

/** A session that is being opened. */
interface Opening {
  readonly record: SessionRecord
  readonly cap: SessionCap
  /** The marks that are out, by the members of the sessions that they are about. */
  readonly announced: Map<string, SessionMark>
}

/** The answer of the script where there is no room. */
type Crowd = readonly [
  outcome: string,
  now: string,
  epoch: string,
  count: number,
  used: number,
  members: string[],
]

/** What opening a session works with. */
export interface InsertionNeeds {
  readonly run: RunScript
  readonly keys: Keys
  readonly feed: Feed
}

/** The sessions that go first: idle ones, then those refreshed least recently. */
const inOrder = (
  candidates: readonly Candidate[],
  now: number,
): (Candidate & { readonly head: RowHead })[] => {
  const isIdle = ({ idleExpiresAt }: RowHead) => Number(idleExpiresAt <= now)
  const readable = candidates.flatMap(({ head, ...rest }) => (head ? [{ ...rest, head }] : []))
  return readable.sort(({ head: a }, { head: b }) => isIdle(b) - isIdle(a) || a.rotatedAt - b.rotatedAt)
}

/**
 * So many of the first. From the second attempt on by chance among more of them: logins of one subject at the same
 * instant would otherwise choose the same session again and again, and all but one would fail each time.
 */
const choose = (sorted: readonly Candidate[], count: number, round: number): Candidate[] => {
  const pool = sorted.slice(0, count * 2 ** Math.min(round, 7))
  while (pool.length > count) pool.splice(Math.floor(Math.random() * pool.length), 1)
  return pool
}

/** Opens sessions. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createInsertion = ({ run, keys, feed }: InsertionNeeds) => {
  const look = async (subject: string, epoch: number, members: readonly string[]) => {
    const { field } = keys.ofSubject(subject)
    const named = members.flatMap((member) => {
      const found = keys.ofSession(keys.sessionId(subject, restOf(member)))
      return found ? [{ member, keys: found }] : []
    })
    const heads = (await run(
      HEADS,
      named.map(({ keys }) => keys.session),
      [],
    )) as string[]
    const seen = named.map((each, at) => {
      const text = heads[at] as string
      const head = decodeHead(text)
      const isDead = text === '' || text === TOMBSTONE || (head?.field === field && head.epoch < epoch)
      return { ...each, head, kind: isDead ? 'dead' : head && head.field !== field ? 'other' : 'own' }
    })
    const of = (kind: string) => seen.filter((each) => each.kind === kind)
    return { own: of('own'), dead: of('dead'), others: of('other').length }
  }

  /** How room for one more can be made; null where it cannot. Sessions whose mark is out already go first. */
  const plan = async (
    { record, cap, announced }: Opening,
    crowd: Crowd,
    round: number,
  ): Promise<Room | null> => {
    const [, now, epoch, count, used, members] = crowd
    const { own, dead, others } = await look(record.subject, Number(epoch), members)
    const living = count - others - dead.length
    const surplus = Math.min(living + 1 - cap.max, ENDED_AT_ONCE)
    if (surplus <= 0) return { ending: [], dead, others, limit: cap.max }
    const sorted = inOrder(own, Number(now))
    const idle = sorted.filter(({ head }) => head.idleExpiresAt <= Number(now)).length
    if (used + surplus > SHARE || (cap.whenFull === 'deny' && idle < surplus)) return null
    const out = sorted.filter(({ member }) => announced.has(member)).slice(0, surplus)
    const rest = sorted.filter(({ member }) => !announced.has(member))
    const ending = [...out, ...choose(rest, surplus - out.length, cap.whenFull === 'deny' ? 0 : round)]
    return { ending, dead, others, limit: Math.max(cap.max, living - ending.length + 1) }
  }

  const attempt = async ({ record, cap }: Opening, own: SessionKeys, room: Room) => {
    const { partition, marks, field } = keys.ofSubject(record.subject)
    const rows = [...room.ending, ...room.dead]
    return (await run(
      INSERT,
      [partition, own.session, marks, ...rows.map((each) => each.keys.session)],
      [
        field,
        record.epoch,
        encodeSession(record, field),
        record.expiresAt,
        memberOf(record.expiresAt, own),
        record.takeover === undefined ? '' : record.authenticatedAt,
        room.limit,
        room.others,
        Math.ceil(cap.markFor),
        room.ending.length,
        ...rows.map(({ member }) => member),
      ],
    )) as string[] | Crowd
  }

  /**
   * The mark of a session that is to be evicted is in the feed before the session is ended, and the new one is opened in
   * the step that ends it. What a crash in between leaves is a session whose access tokens are refused for as long as the
   * mark lasts; in the other order it would be one that has been ended and whose access tokens are accepted.
   */
  const announce = async (
    { record, cap, announced }: Opening,
    ending: readonly Candidate[],
  ): Promise<void> => {
    const fresh = ending.filter(({ member }) => !announced.has(member))
    if (fresh.length === 0) return
    const { subject } = record
    const life = { life: cap.markFor, least: cap.markFor - TOLERANCE }
    const idOf = ({ member }: Candidate) => keys.sessionId(subject, restOf(member))
    const marks = await feed.publish(
      fresh.map((each) => ({ mark: { kind: 'session', sessionId: idOf(each), subject }, ...life })),
    )
    for (const [at, { member }] of fresh.entries()) announced.set(member, marks[at] as SessionMark)
  }

  return async (record: SessionRecord, cap: SessionCap): Promise<Insertion> => {
    const own = keys.ofSession(record.id)
    if (own?.partition !== keys.ofSubject(record.subject).partition) {
      throw new AuthError(
        'invalid_argument',
        'The session id does not begin with the partition of its subject.',
      )
    }
    const opening: Opening = { record, cap, announced: new Map() }
    let room: Room = { ending: [], dead: [], others: 0, limit: cap.max }
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const reply = await attempt(opening, own, room)
      const [outcome, ...ended] = reply as [Insertion['outcome'] | 'crowded', ...string[]]
      if (outcome !== 'crowded') {
        return { outcome, evicted: ended.flatMap((member) => opening.announced.get(member) ?? []) }
      }
      const next = await plan(opening, reply as Crowd, round)
      if (!next) return { outcome: 'full', evicted: [] }
      room = next
      await announce(opening, room.ending)
    }
    throw new AuthError('store_unavailable', 'Too many logins of one subject at the same time.')
  }
}
