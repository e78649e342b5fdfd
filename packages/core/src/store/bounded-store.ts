/** A store as one request sees it: all calls share one budget of time, and what goes wrong in them has one type. */

import type { Emit } from '../audit/emit.js'
import type { RequestSource } from '../audit/event.js'
import { withinDeadline } from '../deadline.js'
import { AuthError, excerptOf, isAuthError } from '../errors.js'
import type { SessionRecord } from '../session/record.js'
import type {
  RevocationLife,
  RevocationQuery,
  RevocationTarget,
  SessionCap,
  TokenStore,
} from './token-store.js'

/** How long the store calls of one request may take together, in milliseconds. */
const STORE_BUDGET = 1000

/** What verbs use of a store. */
export type BoundedStore = Pick<
  TokenStore,
  'insert' | 'find' | 'replace' | 'list' | 'epoch' | 'revoke' | 'isRevoked'
>

class Bounded implements BoundedStore {
  readonly #store: TokenStore
  readonly #trouble: (operation: string, cause: unknown) => AuthError
  #left = STORE_BUDGET

  constructor(store: TokenStore, trouble: (operation: string, cause: unknown) => AuthError) {
    this.#store = store
    this.#trouble = trouble
  }

  insert(record: SessionRecord, cap: SessionCap) {
    return this.#ask('insert', () => this.#store.insert(record, cap))
  }
  find(sessionId: string) {
    return this.#ask('find', () => this.#store.find(sessionId))
  }
  replace(record: SessionRecord, expectedVersion: number) {
    return this.#ask('replace', () => this.#store.replace(record, expectedVersion))
  }
  list(subject: string) {
    return this.#ask('list', () => this.#store.list(subject))
  }
  epoch(subject: string) {
    return this.#ask('epoch', () => this.#store.epoch(subject))
  }
  revoke(target: RevocationTarget, life: RevocationLife) {
    return this.#ask('revoke', () => this.#store.revoke(target, life))
  }
  isRevoked(query: RevocationQuery) {
    return this.#ask('isRevoked', () => this.#store.isRevoked(query))
  }

  async #ask<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      // Without time nothing is begun: a write whose answer is not waited for may still happen.
      if (this.#left <= 0) throw new Error('no time is left for another call')
      const answer = await withinDeadline(call(), this.#left)
      if (answer === undefined) throw new Error('the store answered with nothing')
      return answer
    } catch (cause) {
      throw this.#trouble(operation, cause)
    } finally {
      // Only while the store works: time spent elsewhere, in the application's `claims` say, is not the store's.
      this.#left -= performance.now() - start
    }
  }
}

/**
 * Opens a store for one request. Made once per request and handed to every verb that it calls.
 *
 * @returns a store whose methods reject with `store_unavailable`, after the event `store_trouble`
 */
export const boundedStore = (store: TokenStore, emit: Emit, source?: RequestSource): BoundedStore =>
  new Bounded(store, (operation, cause) => {
    emit({ type: 'store_trouble', operation, message: excerptOf(cause) }, source)
    if (isAuthError(cause, 'store_unavailable')) return cause
    return new AuthError('store_unavailable', 'The token store cannot answer.', { cause })
  })
