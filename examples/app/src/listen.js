/** The life of the process: from the first line it prints to a clean end. */

/** Requests under way get this long to finish. */
const GRACE = 3000

/** Where sessions are kept, for people. @param {import('./settings.js').Settings} settings */
const place = ({ redisUrl, secret }) => {
  if (!redisUrl)
    return 'Sessions are kept in memory and end with this process. REDIS_URL moves them to Redis.'
  const there = `Sessions are kept in Redis at ${new URL(redisUrl).host}.`
  // Only development comes so far without a secret: the library makes one up, another one in each process.
  return secret
    ? there
    : `${there} Set SESSION_SECRET too: without it they end with this process all the same.`
}

/**
 * Listens until SIGTERM or SIGINT, then finishes what is under way and closes.
 *
 * @param {import('node:http').Server} server
 * @param {{ name: string, settings: import('./settings.js').Settings, close: () => Promise<void> }} options
 */
export const listen = (server, { name, settings, close }) => {
  const { host, port } = settings
  server.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
    const inUse = error.code === 'EADDRINUSE'
    console.error(
      inUse
        ? `Port ${port} is already in use. Set PORT to a free one.`
        : `Cannot listen on port ${port}: ${error.message}`,
    )
    process.exit(1)
  })
  server.listen(port, host, () => {
    const address = /** @type {import('node:net').AddressInfo} */ (server.address())
    console.log(`The ${name} example runs on http://localhost:${address.port}`)
    console.log(place(settings))
    console.log('Sign in as demo@example.com or second@example.com, password: correct horse battery staple')
  })
  const stop = () => {
    setTimeout(() => server.closeAllConnections(), GRACE).unref()
    server.close(() => close())
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}
