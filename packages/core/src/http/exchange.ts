/** One request under way: what it presents, the one budget of its store, and the headers that its answer will carry. */

import type { RequestSource } from '../audit/event.js'
import type { Verbs } from '../auth.js'
import type { BoundedStore } from '../store/bounded-store.js'
import type { AuthRequest, Header } from './message.js'

/** What every HTTP verb is handed. */
export interface Exchange {
  readonly request: AuthRequest
  readonly source: RequestSource
  /** To be added to the answer, whether the verb succeeds, refuses or fails: a rotation that was written must not get lost. */
  readonly headers: Header[]
  /** The request's store; all verbs that the request leads to share one budget of time. */
  readonly store: () => BoundedStore
}

class Opened implements Exchange {
  readonly request: AuthRequest
  readonly headers: Header[] = []
  readonly #verbs: Pick<Verbs, 'store'>
  #store: BoundedStore | undefined

  constructor(verbs: Pick<Verbs, 'store'>, request: AuthRequest) {
    this.request = request
    this.#verbs = verbs
  }

  get source(): RequestSource {
    return this.request.source
  }

  readonly store = (): BoundedStore => {
    this.#store ??= this.#verbs.store(this.source)
    return this.#store
  }
}

/** Opens an exchange. */
export const openExchange = (verbs: Pick<Verbs, 'store'>, request: AuthRequest): Exchange =>
  new Opened(verbs, request)
