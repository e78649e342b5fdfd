/** Everything that Node.js, Bun and Deno must do. */

import type { Server } from 'node:http'
import express from 'express'
// @ts-expect-error the alias has no types of its own
import express4 from 'express4'
import Koa from 'koa'
// @ts-expect-error the alias has no types of its own
import Koa2 from 'koa2'
import type { HttpUnderTest } from '../../../contracts/src/index.js'
import { contractApp as expressApp } from '../../../express/test/contract-app.js'
import { appOf, inProcess, onNode } from '../../../hono/test/contract-app.js'
import { contractApp as koaApp } from '../../../koa/test/contract-app.js'
import { serve } from '../../src/serve.js'
import { httpTrials, storeTrials, tryAll } from './trials.js'

type Handler = (request: Request) => Response | Promise<Response>

/** What is needed of the servers that Bun and Deno bring themselves. */
interface Runtimes {
  readonly Bun?: {
    serve(options: object & { fetch: Handler }): { readonly port: number; stop(now: boolean): Promise<void> }
  }
  readonly Deno?: {
    serve(
      options: object,
      handler: Handler,
    ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
  }
}

const { Bun, Deno } = globalThis as Runtimes

/** A server on a free port, in the shape of a Node.js server as far as `serve` looks. */
const listen = (hostname: string, fetch: Handler): Server => {
  const options = { port: 0, hostname, onListen: () => undefined }
  const bun = Bun?.serve({ ...options, fetch })
  const deno = bun ? undefined : Deno?.serve(options, fetch)
  return {
    address: () => ({ port: bun?.port ?? deno?.addr.port }),
    close: (done: () => void) => void (bun?.stop(true) ?? deno?.shutdown())?.then(done),
    closeAllConnections: () => undefined,
  } as unknown as Server
}

const onOwnServer: HttpUnderTest['start'] = (options) => {
  const { fetch } = appOf(options)
  return serve((_port, host, ready) => {
    queueMicrotask(ready)
    return listen(host, (request) => fetch(request))
  })
}

await tryAll([
  ...storeTrials,
  // Before @hono/node-server puts a Response of its own in the place of the global one, which Bun and Deno do not take.
  ...(Bun || Deno ? httpTrials('Hono on its own server', onOwnServer) : []),
  ...httpTrials('Express 5', expressApp(express)),
  ...httpTrials('Express 4', expressApp(express4)),
  ...httpTrials('Koa 3', koaApp(Koa)),
  ...httpTrials('Koa 2', koaApp(Koa2)),
  ...httpTrials('Hono on node:http', onNode),
  ...httpTrials('Hono in process', inProcess),
])
process.exit(0)
