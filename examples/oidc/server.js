// @ts-check
/** "Sign in with ...": an OpenID provider says who comes, and from then on the session is ours. */

import { createAuth, memoryStore } from '@auth/express'
import express from 'express'
import * as oidc from 'openid-client'
import { createLogoutTokens, LogoutTokenError } from './logout-token.js'
import { readSettings } from './settings.js'

const settings = readSettings()
const { url, issuer, clientId, clientSecret, isSecure } = settings
const provider = await oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, {
  execute: issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [],
})
const { jwks_uri: jwksUri = '', issuer: iss } = provider.serverMetadata()

const store = memoryStore() // redisStore('redis://...') where there is more than one process
const auth = createAuth({ secret: settings.secret, store, origins: [url], renewal: 'silent' })
const readLogoutToken = createLogoutTokens({
  issuer: iss,
  clientId,
  jwksUri,
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  remember: (id, lastsFor) => store.remember(id, lastsFor),
})

/** Stands for your users table: the row whose columns `issuer` and `issuer_sub` say this. Never go by the e-mail alone. */
const userOf = (/** @type {string} */ sub) => `u-${sub}`

/** What one way to the provider and back needs. Lax: the provider's redirect is a cross-site navigation, and Strict is lost. */
const WAY = isSecure ? '__Host-sign_in' : 'sign_in'
/** @type {express.CookieOptions} */
const SCOPE = { httpOnly: true, secure: isSecure, sameSite: 'lax', path: '/' }

const app = express()
app.use(auth.endpoints())

app.get('/', auth.guard({ optional: true }), (_req, res) => {
  const form = '<form method="post" action="/logout"><button>Log out</button></form>'
  const link = '<a href="/sign-in">Sign in with the provider</a>'
  res
    .set('Cache-Control', 'no-store')
    .send(`<!doctype html><title>App</title>${res.locals.auth ? form : link}`)
})

app.get('/me', auth.guard({ revocation: 'store' }), (_req, res) => {
  res.set('Cache-Control', 'no-store').json({ subject: res.locals.auth.subject })
})

app.get('/sign-in', async (_req, res) => {
  const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()]
  const target = oidc.buildAuthorizationUrl(provider, {
    redirect_uri: `${url}/callback`,
    scope: 'openid',
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  res.cookie(WAY, [state, nonce, verifier].join('.'), { ...SCOPE, maxAge: 600_000 })
  res.set('Cache-Control', 'no-store').redirect(target.href)
})

app.get('/callback', async (req, res) => {
  const way = new RegExp(`(?:^|; )${WAY}=([\\w.-]+)`).exec(req.headers.cookie ?? '')?.[1]
  const [state, nonce, verifier] = way?.split('.') ?? []
  res.clearCookie(WAY, SCOPE)
  if (!state || !nonce || !verifier)
    return res.status(400).send('Please begin again: <a href="/">sign in</a>')
  /** @type {oidc.IDToken | undefined} */
  let claims
  try {
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier }
    const tokens = await oidc.authorizationCodeGrant(provider, new URL(req.originalUrl, url), {
      ...checks,
      idTokenExpected: true,
    })
    claims = tokens.claims()
  } catch {
    claims = undefined
  }
  if (!claims) {
    auth.report({ type: 'login_failed', reason: 'provider' }, res)
    return res.status(400).send('The sign-in did not succeed: <a href="/">try again</a>')
  }
  // The provider's session, so that its end can end ours.
  const data = typeof claims.sid === 'string' ? { sid: claims.sid } : {}
  await auth.login(req, res, { subject: userOf(claims.sub), data })
  res.redirect(303, '/')
})

app.post('/logout', async (req, res) => {
  await auth.logout(req, res)
  res.redirect(303, '/')
})

app.post('/backchannel-logout', express.urlencoded({ extended: false, limit: '16kb' }), async (req, res) => {
  res.set('Cache-Control', 'no-store')
  try {
    const { sub, sid } = await readLogoutToken(req.body?.logout_token)
    const subject = userOf(sub)
    if (sid === undefined) await auth.revoke({ subject })
    else
      for (const { id, data } of await auth.core.sessions(subject))
        if (data?.sid === sid) await auth.revoke({ sessionId: id })
    res.status(200).end()
  } catch (error) {
    if (!(error instanceof LogoutTokenError)) throw error
    res.status(400).json({ error: 'invalid_request', error_description: error.message })
  }
})

const server = app.listen(settings.port, '127.0.0.1', () => console.log(`The OpenID example runs on ${url}`))
const stop = () => server.close(() => auth.close())
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
