/** The life of the process: from the first line it prints to a clean end. */

/** Requests under way get this long to finish. */
const GRACE = 3000

/**
 * Listens until SIGTERM or SIGINT, then finishes what is under way and closes.
 *
 * @param {import('node:http').Server} server
 * @param {{ name: string, port: number, close: () => Promise<void> }} options
 */
export const listen = (server, { name, port, close }) => {
  server.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
    const inUse = error.code === 'EADDRINUSE'
    console.error(
      inUse
        ? `Port ${port} is already in use. Set PORT to a free one.`
        : `Cannot listen on port ${port}: ${error.message}`,
    )
    process.exit(1)
  })
  server.listen(port, () => {
    const address = /** @type {import('node:net').AddressInfo} */ (server.address())
    console.log(`The ${name} example runs on http://localhost:${address.port}`)
    console.log('Sign in as demo@example.com or second@example.com, password: correct horse battery staple')
  })
  const stop = () => {
    setTimeout(() => server.closeAllConnections(), GRACE).unref()
    server.close(() => close())
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}
