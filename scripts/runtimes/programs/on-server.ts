/** Everything that Node.js, Bun and Deno must do. Prints its verdict as one line of JSON. */

import express from 'express'
// @ts-expect-error the alias has no types of its own
import express4 from 'express4'
import Koa from 'koa'
// @ts-expect-error the alias has no types of its own
import Koa2 from 'koa2'
import { contractApp as expressApp } from '../../../packages/express/test/contract-app.js'
import { inProcess, onNode } from '../../../packages/hono/test/contract-app.js'
import { contractApp as koaApp } from '../../../packages/koa/test/contract-app.js'
import { coreTrials } from './core-trials.js'
import { httpTrials } from './http-trials.js'
import { onOwnServer } from './own-server.js'
import { tryAll } from './trial.js'

const verdict = await tryAll([
  ...coreTrials,
  // Before @hono/node-server puts a Response of its own in the place of the global one, which Bun and Deno do not take.
  ...(onOwnServer ? httpTrials('Hono on its own server', onOwnServer) : []),
  ...httpTrials('Express 5', expressApp(express)),
  ...httpTrials('Express 4', expressApp(express4)),
  ...httpTrials('Koa 3', koaApp(Koa)),
  ...httpTrials('Koa 2', koaApp(Koa2)),
  ...httpTrials('Hono on node:http', onNode),
  ...httpTrials('Hono in process', inProcess),
])
console.log(`verdict ${JSON.stringify(verdict)}`)
process.exit(0)
