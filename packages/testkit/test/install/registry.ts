/** A registry of some packed packages and nothing else, that remembers what it was asked. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { freePort } from '../../../../scripts/machine.mjs'
import type { Packed } from '../../../../scripts/packages.mjs'

/** What is published in it, in npm's words. */
const metadata = ({ name, manifest, tarball }: Packed, host: string | undefined) => {
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  const dist = { tarball: `http://${host}/${name}.tgz`, integrity }
  const { version } = manifest
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }
}

/** A running registry. */
export interface Registry {
  readonly url: string
  /** Method and path of each request, in order. */
  readonly requests: readonly string[]
  close(): void
}

/** Starts it on a free port of the loopback interface. */
export const startRegistry = async (packed: readonly Packed[]): Promise<Registry> => {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/')
    requests.push(`${request.method} ${path}`)
    const found = packed.find(({ name }) => path === `/${name}` || path === `/${name}.tgz`)
    // The port is another registry's tomorrow: npm must not remember what it said.
    response.writeHead(found && request.method === 'GET' ? 200 : 404, { 'cache-control': 'no-store' })
    if (!found) response.end('{"error":"not in this registry"}')
    else if (path.endsWith('.tgz')) response.end(readFileSync(found.tarball))
    else response.end(JSON.stringify(metadata(found, request.headers.host)))
  })
  const port = await freePort()
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}/`, requests, close }
}
