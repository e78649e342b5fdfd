// @ts-check
/** The settings of the example, from the environment. */

/** Reads them; ends the process with one message where some are missing. */
export const readSettings = (env = process.env) => {
  const port = Number(env.PORT ?? 3000)
  const {
    OIDC_ISSUER: issuer = '',
    OIDC_CLIENT_ID: clientId = '',
    OIDC_CLIENT_SECRET: clientSecret = '',
  } = env
  const url = env.APP_URL ?? `http://localhost:${port}`
  if (!issuer || !clientId || !clientSecret) {
    console.error('Set OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET: see README.md.')
    process.exit(1)
  }
  if (issuer.startsWith('http:') && env.NODE_ENV !== 'development') {
    console.error('OIDC_ISSUER over http is for NODE_ENV=development.')
    process.exit(1)
  }
  const isSecure = url.startsWith('https:')
  return { port, url, issuer, clientId, clientSecret, isSecure, secret: env.SESSION_SECRET }
}
