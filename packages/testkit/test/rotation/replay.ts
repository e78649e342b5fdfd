/** Replays ways of the small world around the rotation rule through HTTP, with a real core and a clock that obeys. */

import { fakeClock, modelStore } from '@auth/contracts'
import type { AuthEvent } from '@auth/core'
import { createHttpAuth, fromFetchRequest, type HttpOutcome } from '@auth/core/http'
import type { WorldOptions } from '../../../core/test/session/exploration/state.js'

/** One unit of time of the small world, in seconds. */
const UNIT = 6
const URL_OF_REFRESH = 'https://app.example/auth/refresh'

type Outcome = Pick<HttpOutcome<{ readonly tokens: unknown }>, 'value' | 'headers'>

/** The refresh token that an answer carries, by cookie or by body. */
const tokenIn = ({ value, headers }: Outcome): string | undefined => {
  const { refresh_token } = (value?.tokens ?? {}) as { refresh_token?: string }
  const cookies = headers.flatMap(([name, line]) => (name === 'Set-Cookie' ? [line] : []))
  const cookie = cookies.find((line) => line.startsWith('__Secure-refresh_token='))
  return refresh_token ?? cookie?.match(/=([^;]+)/)?.[1]
}

/** The number of a token, as the small world names it. */
const numberOf = (token: string | undefined): string => token?.split('.')[3] ?? 'no token'

const requestWith = (token: string, bearer: boolean): Request =>
  new Request(URL_OF_REFRESH, {
    method: 'POST',
    ...(bearer
      ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ refresh_token: token }) }
      : { headers: { cookie: `__Secure-refresh_token=${token}`, origin: 'https://app.example' } }),
  })

/** What the server has just decided, as the small world says it. */
const saidBy = (events: readonly AuthEvent[]): string => {
  for (const event of events) {
    if (event.type === 'refreshed') {
      return event.outcome === 'hold' ? 'hold' : `${event.outcome} ${event.generation}`
    }
    if (event.type === 'reuse_detected') return `REUSED (${event.cause})`
  }
  return 'nothing'
}

/** A server on its clock, with what it said last. */
const openServer = ({ window = 2 }: WorldOptions) => {
  const clock = fakeClock()
  const events: AuthEvent[] = []
  const http = createHttpAuth({
    secret: 'GyP2R3ZqL8sWv5XnD7tKc4MbJ9hFf6Ea',
    environment: 'production',
    claims: () => ({}),
    store: modelStore(clock.now),
    now: clock.now,
    overlap: window * UNIT,
    onEvent: (event) => events.push(event),
  })
  return { clock, events, http }
}

type Server = ReturnType<typeof openServer>

/** A client that has just signed in. Each step says what really happened, in the words of the small world. */
const openScene = async ({ clock, events, http }: Server, { storage = 'cookies' }: WorldOptions) => {
  const login = fromFetchRequest(new Request('https://app.example/login', { method: 'POST' }))
  const transport = storage === 'cookies' ? 'cookie' : 'bearer'
  let stored = tokenIn(await http.login(login, { subject: 'alice', transport })) ?? ''
  const tabs = new Map<string, { readonly sent: string; readonly answer?: Outcome }>()
  const under = (tab: string) => tabs.get(tab) ?? { sent: '' }

  const receive = (tab: string): string => {
    const { sent, answer = { value: null, headers: [] } } = under(tab)
    const token = tokenIn(answer)
    tabs.delete(tab)
    if (storage === 'compare-and-set' && stored !== sent) return `${numberOf(token)}, and drops it`
    stored = token ?? stored
    return numberOf(token)
  }

  return {
    pass: (units: number) => clock.advance(units * UNIT),
    lose: (tab: string) => tabs.delete(tab),
    send: (tab: string) => {
      tabs.set(tab, { sent: stored })
      return numberOf(stored)
    },
    serve: async (tab: string) => {
      const { sent } = under(tab)
      events.length = 0
      const answer = await http.refresh(fromFetchRequest(requestWith(sent, transport === 'bearer')))
      tabs.set(tab, { sent, answer })
      return `${numberOf(sent)}: ${saidBy(events)}`
    },
    receive,
  }
}

type Scene = Awaited<ReturnType<typeof openScene>>

/** Does what a label says, and gives the label of what happened. */
const take = async (scene: Scene, label: string, window: number): Promise<string> => {
  const tab = label.match(/\b[A-H]\b/)?.[0] ?? ''
  if (label.endsWith('is lost')) scene.lose(tab)
  if (label.endsWith('W passes')) scene.pass(label.startsWith('1/') ? 1 : window + 1)
  if (label.includes(' sends ')) return `${tab} sends ${scene.send(tab)}`
  if (label.startsWith('the server')) return `the server takes ${tab}'s ${await scene.serve(tab)}`
  if (label.includes(' receives ')) return `${tab} receives ${scene.receive(tab)}`
  return label
}

/**
 * Opens a server for the ways of a world. Each way is taken by a client of its own, and gives what happened step by
 * step: the same labels, where the world is a true picture.
 */
export const replayer = (options: WorldOptions) => {
  let server = openServer(options)
  let ways = 0
  return async (way: readonly string[]): Promise<string[]> => {
    ways += 1
    // The model store looks through all of its rows.
    if (ways % 50 === 0) server = openServer(options)
    const scene = await openScene(server, options)
    const taken: string[] = []
    for (const label of way) taken.push(await take(scene, label, options.window ?? 2))
    return taken
  }
}
