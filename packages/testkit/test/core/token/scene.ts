/** A signed-in user on a clock that stands still, and tokens made by hand under the very secret that the library uses. */

import { createHmac } from 'node:crypto'
import { fakeClock, modelStore } from '@auth/contracts'
import {
  type Auth,
  type AuthEvent,
  type AuthOptions,
  createAuth,
  type Pair,
  type Principal,
} from '@auth/core'
import { expect } from 'vitest'

export const SECRET = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'
export const OTHER_SECRET = 'eSMnOWeGYDNY4mtXhC0mPaS8bM2yUJ2vQKQ3vG1Zq0E'

/** What is put into the header or the payload of a token made by hand; undefined takes a member out. */
export type Members = Record<string, unknown>

/** A token made by hand: members replace those of a genuine token, a text or bytes replace the whole part. */
export interface Forgery {
  readonly header?: Members | string | Uint8Array
  readonly payload?: Members | string | Uint8Array
  readonly secret?: string
  /** Signs with another hash than the header of a genuine token says. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512'
}

export const encode = (part: string | Uint8Array): string => Buffer.from(part).toString('base64url')
export const decode = (segment: string): Members => JSON.parse(Buffer.from(segment, 'base64url').toString())
export const partsOf = (token: string): [header: string, payload: string, signature: string] => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return [header, payload, signature]
}

const textOf = (genuine: Members, change: Members | string | Uint8Array = {}): string | Uint8Array =>
  typeof change === 'string' || change instanceof Uint8Array
    ? change
    : JSON.stringify({ ...genuine, ...change })

/** Signs two parts, whatever they are. */
export const sign = (header: string, payload: string, secret = SECRET, hash = 'sha256'): string =>
  `${header}.${payload}.${createHmac(hash, secret).update(`${header}.${payload}`).digest('base64url')}`

export interface Scene {
  readonly auth: Auth
  readonly clock: ReturnType<typeof fakeClock>
  readonly store: ReturnType<typeof modelStore>
  /** Names of the store's methods, in the order of their calls. */
  readonly calls: string[]
  readonly events: AuthEvent[]
  readonly pair: Pair
  readonly header: Members
  readonly payload: Members
  /** The clock in whole seconds, as tokens count. */
  readonly now: number
  forge(forgery?: Forgery): string
}

/** Opens a session in production unless told otherwise. */
export const openScene = async (options: Partial<AuthOptions> = {}, start?: number): Promise<Scene> => {
  const clock = fakeClock(start)
  const store = modelStore(clock.now)
  const calls: string[] = []
  const events: AuthEvent[] = []
  const watched = new Proxy(store, {
    get: (target, key: keyof typeof store) => {
      const method = target[key]
      if (typeof method !== 'function') return method
      return (...args: never[]) => {
        // The replica reads the feed in the background, whenever its timer or the store says so.
        if (key !== 'marks' && key !== 'onMarks') calls.push(key)
        return (method as (...args: never[]) => unknown)(...args)
      }
    },
  })
  const auth: Auth = createAuth({
    secret: SECRET,
    environment: 'production',
    store: watched,
    now: clock.now,
    onEvent: (event) => events.push(event),
    ...options,
  })
  const pair = await auth.login({ subject: 'alice', transport: 'bearer' })
  const [first, second] = partsOf(pair.accessToken)
  const header = decode(first)
  const payload = decode(second)
  const forge = ({ header: h, payload: p, secret, hash }: Forgery = {}): string =>
    sign(encode(textOf(header, h)), encode(textOf(payload, p)), secret, hash)
  return { auth, clock, store, calls, events, pair, header, payload, now: clock.now() / 1000, forge }
}

/** What became of a call, as plain data to compare with. */
export const outcomeOf = async (work: Promise<unknown>): Promise<Members | 'accepted'> => {
  try {
    await work
    return 'accepted'
  } catch (error) {
    const { name, code, status, reason, message, headers, cause } = error as Members
    return { name, code, status, reason, message, headers, cause }
  }
}

/** The one rejection that every bad token gets, whatever was wrong with it. */
export const refusedFor = (reason: string): Members => ({
  name: 'AuthError',
  code: 'invalid_token',
  status: 401,
  reason,
  message: 'The token is not valid.',
  headers: {},
  cause: undefined,
})

/** Presents a token: what became of it, with the calls to the store and the audit log that it caused. */
export const present = async (
  scene: Scene,
  token: unknown,
  options: Parameters<Auth['authenticate']>[1] = {},
) => {
  const [calls, events] = [scene.calls.length, scene.events.length]
  const outcome = await outcomeOf(scene.auth.authenticate(token as string, options))
  return { outcome, calls: scene.calls.slice(calls), events: scene.events.slice(events) }
}

/** The id of an event: 128 random bits. */
export const EVENT_ID: unknown = expect.stringMatching(/^[\w-]{22}$/)

/** Whom the audit log names: the owner of a token whose signature held. */
const ownerOf = (owner?: Principal) =>
  owner && { subject: owner.subject, sessionId: owner.sessionId, tokenId: owner.tokenId }

/** A refusal that asked no store and left one entry in the audit log, naming the reason. */
export const refusal = (scene: Scene, reason: string, owner?: Principal) => ({
  outcome: refusedFor(reason),
  calls: [],
  events: [
    {
      type: 'request_rejected',
      reason,
      ...ownerOf(owner),
      id: EVENT_ID,
      at: scene.clock.now(),
      severity: 'info',
      result: 'failure',
    },
  ],
})

/** Values as rows of a table: vitest would spread those that are lists. */
export const rows = <T>(...values: readonly T[]): { readonly value: T }[] =>
  values.map((value) => ({ value }))
