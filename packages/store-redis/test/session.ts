/** What tests need that speak to a store without the library: a client with time, records, and lives of marks. */

import { partitionOf, type SessionCap, type SessionRecord, type TokenStore } from '@auth/core'
import { Redis } from 'ioredis'
import { redisOptions } from '../src/index.js'

/** A client for tests that are not about time: a busy machine may let it wait. */
export const patient = (url: string, more: { readonly keyPrefix?: string } = {}): Redis => {
  const calm = {
    commandTimeout: 60_000,
    socketTimeout: 60_000,
    connectTimeout: 60_000,
    enableOfflineQueue: true,
  }
  const client = new Redis(url, { ...redisOptions, ...calm, ...more })
  client.on('error', () => undefined)
  return client
}

/** A cap that stops nothing. */
export const ROOMY: SessionCap = { max: 100_000, whenFull: 'deny', markFor: 60_000 }
/** The life of a mark. */
export const LIFE = { markFor: 60_000 } as const

let drawn = 0

/** Draws a login right now, by the clock of the store; nothing is stored. */
export const recordOf = async (
  store: Pick<TokenStore, 'epoch'>,
  subject: string,
  changes: Partial<SessionRecord> & { readonly [field: string]: unknown } = {},
): Promise<SessionRecord> => {
  const { epoch, now } = await store.epoch(subject)
  drawn += 1
  return {
    id: `${await partitionOf(subject)}.session-number-${drawn}`,
    subject,
    epoch,
    version: 1,
    generation: 1,
    previous: 0,
    rotatedAt: now,
    recoveries: 0,
    seed: 'seed-of-this-session',
    createdAt: now,
    authenticatedAt: now,
    idleFor: 3600,
    idleExpiresAt: now + 3_600_000,
    expiresAt: now + 7_200_000,
    persistent: true,
    transport: 'cookie',
    ...changes,
  }
}

/** Draws a login and stores it. */
export const stored = async (
  store: TokenStore,
  subject: string,
  changes: Parameters<typeof recordOf>[2] & { readonly cap?: SessionCap } = {},
): Promise<SessionRecord> => {
  const { cap = ROOMY, ...fields } = changes
  const record = await recordOf(store, subject, fields)
  const { outcome } = await store.insert(record, cap)
  if (outcome !== 'inserted') throw new Error(`the session is ${outcome}`)
  return record
}
