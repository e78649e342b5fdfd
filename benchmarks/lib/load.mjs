/** Load on a server in another process: requests by autocannon, the server's own CPU time around them. */

import autocannon from 'autocannon'
import { makeTokens } from './tokens.mjs'

const CONNECTIONS = 32
/** More tokens than the library remembers: each one is new when its turn comes again. */
const MANY = 40_000

const pools = new Map()

const poolOf = (transport, count, typ) => {
  const name = `${transport} ${count} ${typ}`
  if (!pools.has(name)) pools.set(name, makeTokens(count, transport, typ))
  return pools.get(name)
}

const headersOf = (transport, { cookie, tokens }) =>
  tokens.map((token) =>
    transport === 'bearer' ? { authorization: `Bearer ${token}` } : { cookie: `${cookie}=${token}` },
  )

/** Sends requests, each connection its own share of them, and counts what was answered well. */
const send = async (port, requests, amount) => {
  let connection = 0
  const share = Math.ceil(requests.length / CONNECTIONS)
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/me`,
    connections: CONNECTIONS,
    amount,
    sampleInt: 20,
    setupClient: (client) => {
      const from = (connection * share) % requests.length
      connection += 1
      client.setRequests(requests.slice(from, from + share))
    },
  })
  if (result['2xx'] !== amount) throw new Error(`${amount - result['2xx']} of ${amount} requests failed`)
}

/**
 * Measures a server by slices of one kind of request.
 *
 * @param {'bearer' | 'cookie'} transport
 * @param {number} [count] of different tokens
 */
export const load =
  (transport, count = MANY) =>
  async (variant, { requests: amount }) => {
    const pool = headersOf(transport, await poolOf(transport, count, variant.typ))
    variant.sent ??= 0
    const next = Array.from({ length: Math.min(amount, pool.length) }, (_, at) => ({
      headers: pool[(variant.sent + at) % pool.length],
    }))
    variant.sent += amount
    const cpu = await variant.process.ask('cpu')
    const start = performance.now()
    await send(variant.process.port, next, amount)
    const wall = performance.now() - start
    return { count: amount, cpu: (await variant.process.ask('cpu')) - cpu, wall }
  }
