/** Revoke: ends a token, a session, or every session of a subject, from the next request on. */

import type { Emit } from '../audit/emit.js'
import type { Actor, RequestSource } from '../audit/event.js'
import { type Check, isAnything, oneOf, type Snapshot } from '../checks.js'
import { AuthError } from '../errors.js'
import type { KeySource } from '../keys/ring.js'
import { isIdentifier } from '../limits.js'
import { accept, type Outcome } from '../outcome.js'
import type { Revoke as WriteMark } from '../revocation/revoker.js'
import { isOfPartition, partitionNow } from '../session/session-id.js'
import type { BoundedStore } from '../store/bounded-store.js'
import type { RevocationTarget, SubjectTarget } from '../store/token-store.js'
import type { ClaimsSource } from '../token/claims-source.js'
import type { Access, Issuer } from '../token/issue.js'

/**
 * What to revoke: one token; one session, with `subject` only if it is theirs; or a whole subject, with at most one
 * session to keep.
 */
export type RevokeTarget =
  | { readonly tokenId: string; readonly sessionId: string }
  | { readonly sessionId: string; readonly subject?: string | undefined }
  | { readonly subject: string; readonly keep?: string | undefined }

/** For the audit log. */
export interface RevokeOptions {
  /** On whose behalf. Default: `user` where a session is kept, as at a change of password, else `admin`. */
  readonly actor?: 'user' | 'admin' | undefined
  /** Where the request came from. */
  readonly source?: RequestSource | undefined
}

/** The checks of all options. */
export const REVOKE_CHECKS: Readonly<Record<keyof RevokeOptions, Check>> = {
  actor: oneOf('user', 'admin'),
  source: isAnything,
}

/** What a revocation did. */
export interface Revocation<C extends object = object> {
  /** False where everything was already revoked. */
  readonly changed: boolean
  /** A new access token for the session that was kept: its older ones are dead. Null where none was kept. */
  readonly kept: Access<C> | null
}

/** What the verb works with. */
export interface RevokeNeeds {
  readonly keys: KeySource
  readonly claims: ClaimsSource
  readonly issuer: Issuer
  readonly write: WriteMark
  readonly emit: Emit
}

/** The verb. */
export type RevokeVerb = (
  target: RevokeTarget,
  options: Snapshot<RevokeOptions>,
  store: BoundedStore,
) => Promise<Outcome<Revocation>>

const SHAPES = ['sessionId', 'sessionId,subject', 'sessionId,tokenId', 'subject', 'keep,subject']

/** Reads a target; own members only, and a `subject` that got lost on its way must not widen what is revoked. */
const targetOf = (given: RevokeTarget): RevocationTarget => {
  const entries = Object.entries(given ?? {}).filter(
    ([name, value]) => name !== 'keep' || value !== undefined,
  )
  const shape = entries
    .map(([name]) => name)
    .sort()
    .join()
  if (!SHAPES.includes(shape) || !entries.every(([, value]) => isIdentifier(value))) {
    throw new AuthError(
      'invalid_argument',
      'revoke takes { tokenId, sessionId }, { sessionId, subject? } or { subject, keep? }, each a string of 1 to 255 characters.',
    )
  }
  const target = Object.assign(Object.create(null), Object.fromEntries(entries))
  if (target.tokenId !== undefined) return { kind: 'token', ...target }
  return target.sessionId !== undefined ? { kind: 'session', ...target } : { kind: 'subject', ...target }
}

/** Binds the verb. When it resolves, no later call accepts what was revoked. @throws AuthError `invalid_argument`, `store_unavailable`, `claims_unavailable` */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createRevokeVerb = ({ keys, claims, issuer, write, emit }: RevokeNeeds): RevokeVerb => {
  /** Reissues the access token of the session that a subject's revocation keeps. */
  const revokeKeeping = async (
    target: SubjectTarget & { readonly keep: string },
    { source }: Snapshot<RevokeOptions>,
    store: BoundedStore,
  ): Promise<Revocation> => {
    const { subject, keep } = target
    const life = issuer.life()
    const { record } = await store.find(keep)
    // The claims come first: when they cannot be read, nothing has been revoked and the caller can try again.
    const own = record?.subject === subject ? record : null
    const granted = own && (await claims(own, source))
    const { changed } = await write(store, granted ? target : { kind: 'subject', subject })
    if (!granted) return { changed, kept: null }
    const { record: session, epoch } = await store.find(keep)
    if (!session || session.epoch < epoch) return { changed, kept: null }
    const kept = await issuer.access(await keys.load(), { session, claims: granted, life })
    issuer.report(kept, source)
    return { changed, kept }
  }

  const report = (
    target: RevocationTarget,
    { actor, source }: Snapshot<RevokeOptions>,
    facts: { readonly subject?: string | undefined; readonly kept: boolean },
  ): void => {
    const { kind: scope, ...named } = target
    const { keep, ...about } = { keep: undefined, ...named }
    const by: Actor = actor ?? (keep === undefined ? 'admin' : 'user')
    const owner = facts.subject === undefined ? {} : { subject: facts.subject }
    emit(
      {
        type: 'revoked',
        scope,
        actor: by,
        ...owner,
        ...about,
        ...(facts.kept && keep ? { kept: keep } : {}),
      },
      source,
    )
  }

  /** Another subject's session is refused by its id, without asking the store. */
  const isForeign = async (target: RevocationTarget): Promise<boolean> => {
    if (target.kind !== 'session' || target.subject === undefined) return false
    return !isOfPartition(target.sessionId, await partitionNow(target.subject))
  }

  return async (given, options, store) => {
    const target = targetOf(given)
    if (await isForeign(target)) return accept({ changed: false, kept: null })
    if (target.kind === 'subject' && target.keep !== undefined) {
      const result = await revokeKeeping({ ...target, keep: target.keep }, options, store)
      if (result.changed) report(target, options, { kept: result.kept !== null })
      return accept(result)
    }
    const { changed, mark } = await write(store, target)
    const subject = mark?.kind === 'session' ? mark.subject : undefined
    if (changed) report(target, options, { subject, kept: false })
    return accept({ changed, kept: null })
  }
}
