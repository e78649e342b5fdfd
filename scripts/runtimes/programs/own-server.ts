/** Hono on the servers that Bun and Deno bring themselves. */

import type { Server } from 'node:http'
import type { HttpUnderTest } from '../../../packages/contracts/src/index.js'
import { appOf } from '../../../packages/hono/test/contract-app.js'
import { serve } from '../../../packages/testkit/src/serve.js'

type Handler = (request: Request) => Response | Promise<Response>

/** What is needed of the two globals. */
interface Runtimes {
  readonly Bun?: {
    serve(options: { port: number; hostname: string; fetch: Handler }): {
      readonly port: number
      stop(closeConnections: boolean): Promise<void>
    }
  }
  readonly Deno?: {
    serve(
      options: { port: number; hostname: string; onListen(): void },
      handler: Handler,
    ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
  }
}

const { Bun, Deno } = globalThis as Runtimes

const listen = (hostname: string, fetch: Handler): { port: number; stop(): Promise<void> } | undefined => {
  if (Bun) {
    const server = Bun.serve({ port: 0, hostname, fetch })
    return { port: server.port, stop: () => server.stop(true) }
  }
  if (!Deno) return undefined
  const server = Deno.serve({ port: 0, hostname, onListen: () => undefined }, fetch)
  return { port: server.addr.port, stop: () => server.shutdown() }
}

/** In the shape of a Node.js server, as far as `serve` looks. */
const shaped = (listening: { port: number; stop(): Promise<void> }): Server =>
  ({
    address: () => ({ port: listening.port }),
    close: (done: () => void) => void listening.stop().then(done),
    closeAllConnections: () => undefined,
  }) as unknown as Server

/** Undefined on Node.js, which has no such server. */
export const onOwnServer: HttpUnderTest['start'] | undefined =
  Bun || Deno
    ? (options) => {
        const { fetch } = appOf(options)
        return serve((_port, host, ready) => {
          const listening = listen(host, (request) => fetch(request))
          if (!listening) throw new Error('there is no server of its own here')
          queueMicrotask(ready)
          return shaped(listening)
        })
      }
    : undefined
