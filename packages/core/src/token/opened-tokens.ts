/** Tokens that were opened a moment ago, in bounded memory: the signature of one and the same string is verified once. */

import { platform } from '#platform'
import type { Principal } from './claims.js'
import type { OpenedToken } from './open.js'

/** A token that verified, and what is known about it. */
export interface RememberedToken {
  /** The whole string: a hit is a hit only where all of it is equal. */
  readonly token: string
  readonly opened: OpenedToken
  /** Version of the key ring that verified it. */
  readonly ringVersion: number
  /** Version of the replica that last said it was whole and the token not revoked; -1 where it never did. */
  stamp: number
}

/** A bounded memory. Refusals are never remembered. */
export interface OpenedTokens {
  /** What is remembered of a token under the present key ring. */
  recall(token: string, ringVersion: number): RememberedToken | undefined
  /** Remembers a token that has verified. */
  remember(token: string, opened: OpenedToken, ringVersion: number): RememberedToken
  /** The token that a principal was read from, for as long as the principal is held. */
  of(principal: Principal): OpenedToken | undefined
}

/** Characters that one generation holds: some 10,000 tokens. */
const GENERATION = 4_000_000

const signatureOf = (token: string): string => token.slice(token.lastIndexOf('.') + 1)

/**
 * Creates an empty memory of two generations: when the young one is full it becomes the old one, and what was not used
 * again meanwhile is forgotten. A user who has many tokens can cost others their entries, never their safety.
 */
export const createOpenedTokens = (capacity = GENERATION): OpenedTokens => {
  let young = new Map<string, RememberedToken>()
  let old = new Map<string, RememberedToken>()
  let characters = 0
  const byPrincipal = new WeakMap<Principal, OpenedToken>()

  const keep = (entry: RememberedToken): void => {
    const length = entry.token.length
    if (characters + length > capacity) {
      old = young
      young = new Map()
      characters = 0
    }
    young.set(signatureOf(entry.token), entry)
    characters += length
  }

  return {
    recall: (token, ringVersion) => {
      const signature = signatureOf(token)
      const entry = young.get(signature) ?? old.get(signature)
      if (entry === undefined || entry.token !== token || entry.ringVersion !== ringVersion) return undefined
      if (old.delete(signature)) keep(entry)
      return entry
    },
    remember: (token, opened, ringVersion) => {
      // Cut out of a long Cookie header, it would keep the whole header alive, the refresh token in it.
      const entry = { token: platform.copy(token), opened, ringVersion, stamp: -1 }
      keep(entry)
      byPrincipal.set(opened.principal, opened)
      return entry
    },
    of: (principal) => byPrincipal.get(principal),
  }
}
