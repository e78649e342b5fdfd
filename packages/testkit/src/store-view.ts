/** What can be seen of a store, in the form in which two stores that keep the same promises show the same. */

import type { FeedMark, FoundSession, RevocationTarget, TokenStore } from '@auth/core'

/** What a mark is about: its time, its epoch and the subject of a session are read by other clocks, or not known. */
export const targetOf = (mark: FeedMark | RevocationTarget): object => {
  if (mark.kind === 'document') return { kind: mark.kind, name: mark.name, version: mark.version }
  if (mark.kind === 'token') return { kind: mark.kind, sessionId: mark.sessionId, tokenId: mark.tokenId }
  if (mark.kind === 'session') return { kind: mark.kind, sessionId: mark.sessionId }
  return { kind: mark.kind, subject: mark.subject, keep: mark.keep ?? null }
}

interface Epoch {
  readonly subject: string
  readonly epoch: number
}

/** Epochs come from clocks, and no two stores have the same: what must agree is their order, subject by subject. */
const ranksOf = (items: readonly (object | null)[]): ((item: Epoch) => number) => {
  const seen = items.filter((item): item is Epoch => item !== null && 'subject' in item && 'epoch' in item)
  return ({ subject, epoch }) =>
    new Set(seen.filter((item) => item.subject === subject && item.epoch < epoch).map((item) => item.epoch))
      .size
}

/** What a view is about. */
export interface Known {
  readonly ids: readonly string[]
  readonly subjects: readonly string[]
  readonly documents: readonly string[]
}

const isDead = ({ record, epoch }: FoundSession): boolean => record === null || record.epoch < epoch

const rowsOf = async (store: TokenStore, { ids }: Known) => {
  const rows = await Promise.all(ids.map((id) => store.find(id)))
  const verdicts = rows.map(({ record }, at) => {
    const { subject = 'alice', epoch = 0 } = record ?? {}
    return store.isRevoked({ tokenId: 't1', sessionId: `${ids[at]}`, subject, epoch })
  })
  const live = rows.map((found) => (isDead(found) ? null : found.record))
  return { live, verdicts: await Promise.all(verdicts) }
}

const documentsOf = async (store: TokenStore, { documents }: Known) =>
  Promise.all(
    documents.map(async (name) => {
      const found = await store.document?.(name)
      return found && { text: found.text, version: found.version }
    }),
  )

/** Every row, list, epoch, verdict, mark and document. */
export const viewOf = async (store: TokenStore, known: Known): Promise<unknown> => {
  const { live, verdicts } = await rowsOf(store, known)
  const idsOf = async (subject: string) => (await store.list(subject)).map(({ id }) => id).sort()
  const epochOf = async (subject: string) => ({ subject, epoch: (await store.epoch(subject)).epoch })
  const epochs = await Promise.all(known.subjects.map(epochOf))
  const feed = ((await store.marks?.())?.marks ?? []).filter(({ lastsFor }) => lastsFor > 0)
  const rank = ranksOf([...epochs, ...live, ...feed])
  return {
    rows: live.map((record) => record && { ...record, epoch: rank(record) }),
    verdicts,
    lists: await Promise.all(known.subjects.map(idsOf)),
    epochs: epochs.map(rank),
    feed: feed.map((mark) =>
      mark.kind === 'subject' ? { ...targetOf(mark), epoch: rank(mark) } : targetOf(mark),
    ),
    documents: await documentsOf(store, known),
  }
}
