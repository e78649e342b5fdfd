/** Takeover over HTTP: one more way of saying who sends a request, and what becomes of the old session on the way. */

import type { Verbs } from '../auth.js'
import { withinDeadline } from '../deadline.js'
import { AuthError, excerptOf } from '../errors.js'
import type { RefreshHooks } from '../flows/refresh.js'
import { takeoverId } from '../flows/take-over.js'
import { accept, isRefusal } from '../outcome.js'
import type { SessionRecord } from '../session/record.js'
import { type Cookies, cookieNames, cookieValues } from './cookies.js'
import { headerCredential } from './credential.js'
import { crossSiteRefusal } from './csrf.js'
import type { Exchange } from './exchange.js'
import type { HttpSettings } from './http-options.js'
import type { Identity } from './identity.js'
import { type AuthRequest, NO_STORE } from './message.js'
import type { TakeoverSettings } from './takeover-options.js'
import type { OldSession } from './takeover-reader.js'

/** What a takeover works with. */
export interface TakeoverNeeds {
  readonly verbs: Pick<Verbs, 'takeOver' | 'emit' | 'endSession' | 'settings'>
  readonly settings: HttpSettings
  readonly cookies: Cookies
}

/** The parts that identify and sign-in call. */
export interface Takeover {
  /** Who sends a request, by its old session; undefined where that does not speak. */
  identify(exchange: Exchange): Promise<Identity>
  /** What a refresh does about the old session of the session that it renews. */
  hooks(exchange: Exchange): RefreshHooks
  /** Ends the old session that a request carries, taken over or not: at login and at logout. */
  endOld(exchange: Exchange): Promise<void>
}

/** How long the old store may take, in milliseconds. */
const READ_DEADLINE = 1000

/** Whether a page of another site sends the request: only a top-level navigation may then speak by an old cookie. */
const isForeign = (request: AuthRequest): boolean => {
  const [site, mode, dest] = ['site', 'mode', 'dest'].map((part) => request.header(`sec-fetch-${part}`)[0])
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  return !(request.method === 'GET' && mode === 'navigate' && (dest === undefined || dest === 'document'))
}

/** Whether an id belongs to the share: by its first characters, the same in every process. */
const isInShare = (sessionId: string, share: number): boolean => {
  const part = sessionId.slice(sessionId.indexOf('.') + 1, sessionId.indexOf('.') + 6)
  const digits = [...part].map((digit) => DIGITS.indexOf(digit))
  return digits.reduce((sum, digit) => sum * 64 + digit, 0) < share * 64 ** part.length
}
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Binds a takeover. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it binds functions, each of them short
export const createTakeover = (
  { verbs, settings, cookies }: TakeoverNeeds,
  takeover: TakeoverSettings,
): Takeover => {
  const { reader, until, share, end } = takeover
  const { emit } = verbs

  /** Calls the reader with a limit on waiting. Its store being down is no verdict. */
  const ask = async <T>(exchange: Exchange, operation: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await withinDeadline(call(), READ_DEADLINE)
    } catch (cause) {
      emit({ type: 'store_trouble', operation, message: excerptOf(cause) }, exchange.source)
      throw new AuthError('store_unavailable', 'The old sessions cannot be read.', { cause })
    }
  }
  const isOver = (): boolean => !(verbs.settings.now() < until)
  const carriesOld = (request: AuthRequest): boolean => {
    const { cookie } = reader
    if (typeof cookie === 'string') return cookieValues(request, cookie).length === 1
    const names = cookieNames(request).filter(cookie)
    return names.length > 0 && new Set(names).size === names.length
  }
  const read = (exchange: Exchange): Promise<OldSession | null> =>
    ask(exchange, 'takeover.read', () => reader.read(exchange.request))
  const append = ({ headers }: Exchange, lines: readonly string[]): void => {
    for (const line of lines) headers.push(['Set-Cookie', line])
  }

  /** Our own cookies, valid or not, and a bearer token speak for themselves. */
  const isCandidate = (request: AuthRequest): boolean =>
    !isOver() &&
    headerCredential(request) === undefined &&
    cookieValues(request, cookies.access.name).length === 0 &&
    cookieValues(request, cookies.refresh.name).length === 0 &&
    carriesOld(request) &&
    !isForeign(request)

  const endOf = async (exchange: Exchange, old: OldSession): Promise<void> => {
    if (old.id !== null) await verbs.endSession(await idOf(old, old.id), exchange.store())
    const lines = await ask(
      exchange,
      'takeover.end',
      async () => (await reader.end?.(old, exchange.request)) ?? [],
    )
    append(exchange, lines)
  }
  const idOf = (old: OldSession, id: string) => takeoverId({ reader: reader.name, id, subject: old.subject })

  return {
    identify: async (exchange) => {
      const { request, source, store, headers } = exchange
      if (!isCandidate(request)) return undefined
      const forged = crossSiteRefusal(request, settings)
      if (forged) return forged
      const old = await read(exchange)
      if (old === null || old.id === null || !isInShare(await idOf(old, old.id), share)) return undefined
      const login = { ...old, id: old.id, reader: reader.name }
      const outcome = await verbs.takeOver(login, store(), source)
      if (isRefusal(outcome)) return outcome
      headers.push(NO_STORE, ...cookies.setRefreshed(outcome.accepted))
      return accept({ principal: outcome.accepted.principal, transport: 'cookie' })
    },

    hooks: (exchange) => ({
      // On a leash: while the way back is open, the old session decides whether the new one goes on.
      mayGoOn: async (record: SessionRecord) => {
        if (record.takeover !== reader.name || end || isOver()) return true
        const old = await read(exchange)
        if (old?.subject !== record.subject) return false
        append(
          exchange,
          await ask(
            exchange,
            'takeover.touch',
            async () => (await reader.touch?.(old, exchange.request)) ?? [],
          ),
        )
        return true
      },
      // The client has proved that it holds the pair: from here on the old session is not needed.
      rotated: async (record: SessionRecord) => {
        if (record.takeover !== reader.name || !end || record.previous !== 1) return
        const old = await read(exchange).catch(() => null)
        if (old?.subject !== record.subject) return
        const ending = ask(
          exchange,
          'takeover.end',
          async () => (await reader.end?.(old, exchange.request)) ?? [],
        )
        // A rotation that was written is not taken back: the old session ends at the latest at `until`.
        append(exchange, await ending.catch(() => []))
      },
    }),

    endOld: async (exchange) => {
      if (isOver() || !carriesOld(exchange.request)) return
      const old = await read(exchange)
      if (old) await endOf(exchange, old)
    },
  }
}
