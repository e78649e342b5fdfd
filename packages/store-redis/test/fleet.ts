/** Server processes for the tests beside it, and people who use them over HTTP. */

import { type ChildProcess, spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { AuthEvent, TokenStore } from '@auth/core'
import { eventually, freePort } from '@auth/testkit'

/** A program that the tests run in processes of their own; it uses the built packages. */
export interface Program {
  readonly file: string
  /** Whom it knows, where it does not take everybody. */
  readonly only?: string
}

const programAt = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The one beside this file. */
export const OWN: Program = { file: programAt('./server.mjs') }
/** The Express example. */
export const EXAMPLE: Program = {
  file: programAt('../../../examples/express/server.js'),
  only: 'demo@example.com',
}
const PASSWORD = 'correct horse battery staple'
const SECRET = 'Zl0bW9uZXkgZm9yIG5vdGhpbmcgYW5kIGNoaWNrcw'

/** What a server said. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into it
  readonly body: any
  /** How long it took, in milliseconds. */
  readonly took: number
}

/** A request: what is presented, and a body to send as JSON. */
export interface Ask {
  readonly method?: string
  readonly bearer?: string | undefined
  readonly cookie?: string | undefined
  readonly json?: unknown
}

/** One server process. */
export interface Server {
  readonly events: readonly AuthEvent[]
  ask(path: string, ask?: Ask): Promise<Answer>
  /** Signs in whoever is named, or somebody whom nobody has seen before. */
  login(transport: 'bearer' | 'cookie', subject?: string): Promise<Answer>
  stop(): Promise<void>
}

const agent = new Agent({ keepAlive: true, maxSockets: 300 })

const send = (port: number, path: string, { method, bearer, cookie, json }: Ask): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const since = performance.now()
    const headers = {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(cookie === undefined ? {} : { cookie }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const options = {
      host: '127.0.0.1',
      port,
      path,
      agent,
      headers,
      method: method ?? (json ? 'POST' : 'GET'),
    }
    const outgoing = request(options, (incoming) => {
      let text = ''
      incoming.on('data', (chunk) => {
        text += chunk
      })
      incoming.on('error', reject)
      incoming.on('end', () => {
        const { statusCode, headers } = incoming
        const body = text.startsWith('{') || /^\d+$/.test(text) ? JSON.parse(text) : text
        resolve({ status: statusCode as number, headers, body, took: performance.now() - since })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(json === undefined ? undefined : JSON.stringify(json))
  })

const collect = (child: ChildProcess): AuthEvent[] => {
  const events: AuthEvent[] = []
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input: input as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.startsWith('{')) events.push(JSON.parse(line))
      else if (input === child.stderr) console.error(line)
    })
  }
  return events
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

let people = 0

/** Starts a server process; `env` says which Redis it uses. */
export const startServer = async (env: Record<string, string>, { file, only } = OWN): Promise<Server> => {
  const port = await freePort()
  const child = spawn(process.execPath, ['--expose-gc', file], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      PORT: String(port),
      SESSION_SECRET: SECRET,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ask = (path: string, given: Ask = {}) => send(port, path, given)
  const events = collect(child)
  const isUp = async () => child.exitCode !== null || (await ask('/nothing')).status === 404
  await eventually(isUp, 30_000)
  if (child.exitCode !== null) throw new Error('the server has ended: are the packages built?')
  return {
    events,
    ask,
    login: (transport, subject = `person ${process.pid} ${people++}`) =>
      ask('/login', { json: { email: only ?? subject, password: PASSWORD, transport } }),
    stop: async () => {
      child.kill('SIGKILL')
      await gone
      running.delete(child)
    },
  }
}

/** What somebody holds: tokens, or the cookies of a browser. */
export interface Holder {
  readonly access: string
  readonly refresh: string
  readonly cookie: string | undefined
}

const cookiesOf = ({ headers }: Answer): Map<string, string> =>
  new Map(
    (headers['set-cookie'] as string[]).map(
      (line) => /^([^=]+)=([^;]*)/.exec(line)?.slice(1) as [string, string],
    ),
  )

/** What is held after an answer to a login or a refresh; a browser keeps what the answer does not set. */
export const holderOf = (answer: Answer, before?: Holder): Holder => {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  const { access_token: access, refresh_token: refresh } = answer.body
  if (access) return { access, refresh, cookie: undefined }
  const kept = (before?.cookie ?? '').split('; ').flatMap((pair) => (pair ? [pair.split('=', 2)] : []))
  const cookies = new Map([...(kept as [string, string][]), ...cookiesOf(answer)])
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const [first, second] = [...cookies.values()]
  return { access: first as string, refresh: second as string, cookie }
}

/** Signs somebody in whom nobody has seen before, unless told who. */
export const signIn = async (
  server: Server,
  transport: 'bearer' | 'cookie' = 'bearer',
  subject?: string,
): Promise<Holder> => holderOf(await server.login(transport, subject))

/**
 * Makes sessions look as if they had been refreshed a minute ago: the next refresh of each writes, and the overlap, which
 * must be longer than a busy machine lets an answer wait, has not to be waited for.
 */
export const age = async (
  store: Pick<TokenStore, 'find' | 'replace'>,
  ...holders: Holder[]
): Promise<void> => {
  for (const { refresh } of holders) {
    const { record } = await store.find(refresh.split('.').slice(1, 3).join('.'))
    if (!record) throw new Error('the session is gone')
    const { version, rotatedAt } = record
    const older = { ...record, version: version + 1, rotatedAt: rotatedAt - 60_000 }
    if (!(await store.replace(older, version))) throw new Error('the session has changed')
  }
}

/** Asks for a new pair. */
export const refresh = (server: Server, { refresh, cookie }: Holder): Promise<Answer> =>
  cookie === undefined
    ? server.ask('/auth/refresh', { json: { refresh_token: refresh } })
    : server.ask('/auth/refresh', { method: 'POST', cookie })

/** Signs out. */
export const signOut = (server: Server, { refresh, cookie }: Holder): Promise<Answer> =>
  cookie === undefined
    ? server.ask('/auth/logout', { json: { refresh_token: refresh } })
    : server.ask('/auth/logout', { method: 'POST', cookie })

/** Asks for a guarded page. */
export const visit = (server: Server, path: string, { access, cookie }: Holder): Promise<Answer> =>
  server.ask(path, cookie === undefined ? { bearer: access } : { cookie })

/** Several times the same work, so many of them at once. */
export const spread = async (count: number, atOnce: number, work: (at: number) => Promise<unknown>) => {
  let next = 0
  const worker = async () => {
    while (next < count) {
      const at = next
      next += 1
      await work(at)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** How many of each status. */
export const tally = (answers: readonly Answer[]): Record<number, number> => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** The middle and the end of some figures, in words. */
export const figures = (values: readonly number[]): string => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return `median ${at(0.5)} ms, 99th percentile ${at(0.99)} ms, longest ${at(1)} ms`
}

/** Names of the events that must not be there. */
export const alarms = (servers: readonly Server[]): AuthEvent[] =>
  servers.flatMap(({ events }) =>
    events.filter(({ type }) => type === 'reuse_detected' || type === 'server_fault'),
  )
