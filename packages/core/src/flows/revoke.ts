/** Revoke: ends a token, a session, or every session of a subject, from the next request on. */

import { AuthError } from '../errors.js'
import type { RequestOrigin } from '../events.js'
import { MAX_LEEWAY, maxAccessTtl } from '../options.js'
import type { FeedMark, RevocationMark, SessionMark } from '../store/token-store.js'
import { isIdentifier } from '../token/claims.js'
import { tokenLife } from '../token/sign.js'
import { claimsOf, type Flow, openStore, type StoreCall } from './flow.js'
import { type Access, issueAccess, reportIssued } from './issue.js'

/**
 * What to revoke: one token; one session, with `subject` only if it is theirs; or a whole subject, with at most one session
 * to keep.
 */
export type RevokeTarget =
  | { readonly tokenId: string; readonly sessionId: string }
  | { readonly sessionId: string; readonly subject?: string | undefined }
  | { readonly subject: string; readonly keep?: string | undefined }

/** What a revocation did. */
export interface Revocation<C extends object = object> {
  /** False where everything was already revoked. */
  readonly changed: boolean
  /** A new access token for the session that was kept: its older ones are dead. Null where none was kept. */
  readonly kept: Access<C> | null
}

/** Marks outlive every access token they can concern, whatever was configured where it was made. */
const markEnd = <C extends object>({ settings }: Flow<C>): number =>
  Math.ceil(settings.now()) + (maxAccessTtl(settings.development) + 3 * MAX_LEEWAY) * 1000

/** The mark that ends a session. */
export const sessionMark = <C extends object>(flow: Flow<C>, sessionId: string): SessionMark => ({
  kind: 'session',
  sessionId,
  expiresAt: markEnd(flow),
})

const SHAPES = ['sessionId', 'sessionId,subject', 'sessionId,tokenId', 'subject', 'keep,subject']

const markOf = <C extends object>(flow: Flow<C>, target: RevokeTarget): RevocationMark => {
  // Only `keep` may be there without a value: a `subject` that got lost on its way must not widen what is revoked.
  const entries = Object.entries(target ?? {}).filter(([key, value]) => key !== 'keep' || value !== undefined)
  const shape = entries
    .map(([key]) => key)
    .sort()
    .join()
  if (!SHAPES.includes(shape) || !entries.every(([, value]) => isIdentifier(value))) {
    throw new AuthError(
      'invalid_argument',
      'revoke takes { tokenId, sessionId }, { sessionId, subject? } or { subject, keep? }, each a text of 1 to 255 characters.',
    )
  }
  const { tokenId, sessionId, subject, keep } = Object.fromEntries(entries) as Record<string, string>
  const expiresAt = markEnd(flow)
  if (sessionId !== undefined) {
    return tokenId === undefined
      ? { kind: 'session', sessionId, expiresAt }
      : { kind: 'token', tokenId, sessionId, expiresAt }
  }
  return { kind: 'subject', subject: subject as string, ...(keep === undefined ? {} : { keep }), expiresAt }
}

/**
 * Writes a mark to the store, and then into this process's own copy of them: here it holds at once, everywhere else as
 * soon as the feed is read. Resolves to whether something changed.
 */
export const putMark = async <C extends object>(
  { replica }: Flow<C>,
  store: StoreCall,
  mark: RevocationMark,
): Promise<boolean> => {
  const changed = await store('revoke', mark)
  const { epoch } = mark.kind === 'subject' ? await store('epoch', mark.subject) : { epoch: 0 }
  replica.apply({ ...mark, epoch } as FeedMark)
  return changed
}

const report = <C extends object>(flow: Flow<C>, mark: RevocationMark, origin?: RequestOrigin): void => {
  if (mark.kind === 'token') {
    const { tokenId, sessionId } = mark
    flow.emit({ type: 'revoked', scope: 'token', tokenId, sessionId }, origin)
  } else if (mark.kind === 'session') {
    flow.emit({ type: 'revoked', scope: 'session', sessionId: mark.sessionId }, origin)
  } else {
    const { subject, keep } = mark
    flow.emit({ type: 'revoked', scope: 'subject', subject, ...(keep ? { kept: keep } : {}) }, origin)
  }
}

/** Reissues the access token of the session that a subject's revocation keeps. */
const revokeKeeping = async <C extends object>(
  flow: Flow<C>,
  mark: RevocationMark & { readonly kind: 'subject'; readonly keep: string },
  origin?: RequestOrigin,
): Promise<Revocation<C>> => {
  const store = openStore(flow, origin)
  const life = tokenLife(flow.settings)
  const { record } = await store('find', mark.keep)
  // The claims come first: when they cannot be read, nothing has been revoked and the caller can try again.
  const own = record?.subject === mark.subject ? record : null
  const claims = own && (await claimsOf(flow, mark.subject, own))
  const { keep, ...everything } = mark
  const changed = await putMark(flow, store, claims ? mark : everything)
  const { record: session, epoch } = await store('find', keep)
  const alive = claims && session && session.epoch >= epoch
  if (!alive) return { changed, kept: null }
  const kept = await issueAccess(flow, { session, claims, life })
  reportIssued(flow, kept, origin)
  return { changed, kept }
}

/** Whether a target names a session together with the subject that it must belong to. */
const isForeign = async <C extends object>(flow: Flow<C>, target: RevokeTarget, origin?: RequestOrigin) => {
  if (!('sessionId' in target) || !('subject' in target) || target.subject === undefined) return false
  const { record } = await openStore(flow, origin)('find', target.sessionId)
  return record?.subject !== target.subject
}

/**
 * Revokes. When it resolves, no later call accepts what was revoked.
 *
 * @throws AuthError `invalid_argument`, `store_unavailable`; `claims_unavailable` where a session is kept
 */
export const revoke = async <C extends object>(
  flow: Flow<C>,
  target: RevokeTarget,
  origin?: RequestOrigin,
): Promise<Revocation<C>> => {
  const mark = markOf(flow, target)
  if (await isForeign(flow, target, origin)) return { changed: false, kept: null }
  const keeping = mark.kind === 'subject' && mark.keep !== undefined
  const result = keeping
    ? await revokeKeeping(flow, { ...mark, keep: mark.keep as string }, origin)
    : { changed: await putMark(flow, openStore(flow, origin), mark), kept: null }
  const { keep, ...plain } = mark as RevocationMark & { keep?: string }
  if (result.changed) report(flow, result.kept ? mark : (plain as RevocationMark), origin)
  return result
}
