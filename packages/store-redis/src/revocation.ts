/** Revoking: the feed first, then the rows, so that what a crash leaves behind is refused, never accepted. */

import {
  AuthError,
  type RevocationLife,
  type RevocationTarget,
  type Revoked,
  type SessionTarget,
  type SubjectTarget,
  type TokenTarget,
} from '@auth/core'
import type { Feed } from './feed.js'
import type { Keys } from './keys.js'
import { decodeEpoch, decodeHead, decodeSession, TOMBSTONE } from './row.js'
import type { RunScript } from './run-script.js'
import { HAS_ROOM, MARK, RAISE, REMOVE, RESERVE } from './scripts/revocation.js'
import { FIND } from './scripts/sessions.js'

/** How much shorter than asked for the known mark of a session that lives may last, in milliseconds. */
const TOLERANCE = 1000

/** What revoking works with. */
export interface RevocationNeeds {
  readonly run: RunScript
  readonly keys: Keys
  readonly feed: Feed
}

/** Whose session a row is; undefined where that cannot be read, which is no reason to let the session live. */
const ownerOf = (sessionId: string, row: string): string | undefined => {
  try {
    return decodeSession(sessionId, row).subject
  } catch {
    return undefined
  }
}

/** Makes the method. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createRevocation = ({ run, keys, feed }: RevocationNeeds) => {
  const publish = async (entry: Parameters<Feed['publish']>[0][number]) => {
    const [mark] = await feed.publish([entry])
    return mark as NonNullable<Revoked['mark']>
  }

  /** What ends no session must fit into the subject's share; for a session that lives there is always room. */
  const expectRoom = async (marks: string, name: string): Promise<void> => {
    if ((await run(HAS_ROOM, [marks], [name])) === 1) return
    throw new AuthError('store_unavailable', 'Too many revocations of one subject; revoke the subject.')
  }

  const revokeToken = async ({ kind, sessionId, tokenId }: TokenTarget, { markFor }: RevocationLife) => {
    const own = keys.ofSession(sessionId)
    const name = own?.tokenName(tokenId) ?? ''
    if (own) await expectRoom(own.marks, name)
    const mark = await publish({ mark: { kind, sessionId, tokenId }, life: markFor })
    return { mark, changed: own !== null && (await run(MARK, [own.marks], [name, Math.ceil(markFor)])) === 1 }
  }

  /** The row of a session that lives. */
  const liveRow = async (partition: string, session: string): Promise<string | undefined> => {
    const [, row, epoch] = (await run(FIND, [partition, session], [])) as (string | null | undefined)[]
    if (!row || row === TOMBSTONE) return undefined
    const head = decodeHead(row)
    return head && head.epoch < decodeEpoch(epoch) ? undefined : row
  }

  const revokeSession = async (target: SessionTarget, life: RevocationLife): Promise<Revoked> => {
    const { kind, sessionId, subject } = target
    const own = keys.ofSession(sessionId)
    const row = own ? await liveRow(own.partition, own.session) : undefined
    const owner = (row === undefined ? undefined : ownerOf(sessionId, row)) ?? subject
    if (subject !== undefined && owner !== subject) return { mark: null, changed: false }
    if (own && row === undefined) await expectRoom(own.marks, own.name)
    const mark = await publish({
      mark: { kind, sessionId, ...(owner === undefined ? {} : { subject: owner }) },
      life: life.markFor,
      // A session that was opened after its id was marked has tokens that outlive that mark.
      ...(row === undefined ? {} : { least: life.markFor - TOLERANCE }),
    })
    if (!own) return { mark, changed: false }
    const lives = [Math.ceil(life.markFor), Math.ceil(life.tombstoneFor ?? 0)]
    const field = subject === undefined ? '' : keys.ofSubject(subject).field
    const args = [own.rest, own.name, ...lives, field]
    return { mark, changed: (await run(REMOVE, [own.partition, own.session, own.marks], args)) === 1 }
  }

  /**
   * Three steps, each safe to stop after: logins get the coming epoch; the feed reports it; everything older dies. A
   * caller that saw an error calls again, and a login in between is not caught by what was left undone.
   */
  const revokeSubject = async ({ kind, subject, keep }: SubjectTarget, { markFor }: RevocationLife) => {
    const { partition, field } = keys.ofSubject(subject)
    const epoch = Number(await run(RESERVE, [partition], [field, Math.ceil(markFor)]))
    const named = keep === undefined ? {} : { keep }
    const mark = await publish({ mark: { kind, subject, ...named, epoch }, life: markFor })
    const kept = keep === undefined ? null : keys.ofSession(keep)
    const names = kept?.partition === partition ? [partition, kept.session] : [partition]
    await run(RAISE, names, [field, epoch, kept?.rest ?? ''])
    return { mark, changed: true }
  }

  return async (target: RevocationTarget, life: RevocationLife): Promise<Revoked> => {
    if (target.kind === 'subject') return revokeSubject(target, life)
    return target.kind === 'session' ? revokeSession(target, life) : revokeToken(target, life)
  }
}
