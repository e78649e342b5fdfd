/** A registry of one scope: tells npm about packed packages, and hands out their tarballs. Nothing else is in it. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** @typedef {import('../packed/pack.mjs').Packed} Packed */

/**
 * @typedef {object} Registry
 * @property {string} url
 * @property {readonly string[]} requests method and path of each request, in order
 * @property {() => Promise<void>} close
 */

/**
 * The part of npm's metadata document that an installation reads.
 *
 * @param {Packed} packed
 * @param {string} url
 */
const metadata = ({ name, manifest, tarball }, url) => {
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
  const dist = { tarball: `${url}/tarballs/${name}`, integrity }
  const { version } = manifest
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }
}

/**
 * @param {readonly Packed[]} all
 * @param {string} path decoded
 * @param {string} url
 */
const answer = (all, path, url) => {
  const asked = all.find(({ name }) => path === `/${name}`)
  if (asked) return { status: 200, type: 'application/json', body: JSON.stringify(metadata(asked, url)) }
  const wanted = all.find(({ name }) => path === `/tarballs/${name}`)
  if (wanted) return { status: 200, type: 'application/octet-stream', body: readFileSync(wanted.tarball) }
  return { status: 404, type: 'application/json', body: '{"error":"not in this registry"}' }
}

/**
 * Serves packages on a free port of the loopback interface.
 *
 * @param {readonly Packed[]} all
 * @returns {Promise<Registry>}
 */
export const startRegistry = (all) =>
  new Promise((resolve, reject) => {
    /** @type {string[]} */
    const requests = []
    const server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '/')
      requests.push(`${request.method} ${path}`)
      const { status, type, body } = answer(all, path, `http://${request.headers.host}`)
      // The port is another registry's tomorrow: npm must not remember what it said.
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
    })
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      const close = () =>
        new Promise((/** @type {(value: void) => void} */ done) => {
          server.close(() => done())
          server.closeAllConnections()
        })
      resolve({ url: `http://127.0.0.1:${port}`, requests, close })
    })
  })
