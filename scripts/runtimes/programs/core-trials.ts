/** What every runtime must do without HTTP: the store contract in memory, and the flows of a session. */

import { fakeClock, storeContract } from '../../../packages/contracts/src/index.js'
import { createAuth, isAuthError } from '../../../packages/core/src/index.js'
import { memoryStore } from '../../../packages/store-memory/src/index.js'
import type { Trial } from './trial.js'

const SECRET = 'NTQ0ODc4MmQtYjE2Ny00Y2Q3LWFkMDItZTc5'
const OLD_SECRET = 'ZTc5YjE2Ny00Y2Q3LWFkMDItNTQ0ODc4MmQt'

const storeTrials: Trial[] = storeContract.map((clause) => ({
  name: `store: ${clause.name}`,
  run: async () => {
    const clock = fakeClock()
    const store = memoryStore({ now: clock.now })
    await clause.run({ store, advance: clock.advance })
    await store.close()
  },
}))

const open = (secret: string | string[] = SECRET, store?: ReturnType<typeof memoryStore>) => {
  const clock = fakeClock()
  const opened = store ?? memoryStore({ now: clock.now })
  const claims = (subject: string) => ({ role: subject === 'alice' ? 'admin' : 'reader' })
  const options = {
    secret,
    claims,
    environment: 'production',
    now: clock.now,
    onEvent: () => undefined,
  } as const
  const auth = createAuth({ ...options, store: opened })
  const login = () => auth.login({ subject: 'alice', transport: 'bearer' })
  return { clock, store: opened, auth, login }
}

const same = (actual: unknown, wanted: unknown, what: string): void => {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(wanted)]
  if (left !== right) throw new Error(`${what}: expected ${right}, got ${left}`)
}

const refused = async (work: Promise<unknown>, reason: string): Promise<void> => {
  const error = await work.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  )
  if (!isAuthError(error, 'invalid_token')) throw error
  same(error.reason, reason, 'the reason')
}

const FLOWS: Record<string, () => Promise<void>> = {
  'an access token says who presents it': async () => {
    const { auth, login } = open()
    const { subject, claims } = await auth.authenticate((await login()).accessToken)
    same([subject, claims], ['alice', { role: 'admin' }], 'the principal')
  },
  'an access token ends': async () => {
    const { auth, login, clock } = open()
    const { accessToken, expiresIn } = await login()
    clock.advance(expiresIn + 61)
    await refused(auth.authenticate(accessToken), 'expired')
  },
  'a changed signature is refused': async () => {
    const { auth, login } = open()
    const { accessToken } = await login()
    const at = accessToken.length - 10
    const other = accessToken[at] === 'A' ? 'B' : 'A'
    await refused(
      auth.authenticate(accessToken.slice(0, at) + other + accessToken.slice(at + 1)),
      'bad_signature',
    )
  },
  'a refresh token is spent by its successor': async () => {
    const { auth, login, clock } = open()
    const first = await login()
    clock.advance(60)
    const second = await auth.refresh(first.refreshToken)
    clock.advance(60)
    const third = await auth.refresh(second.refreshToken)
    same(new Set([first, second, third].map((pair) => pair.refreshToken)).size, 3, 'different refresh tokens')
    clock.advance(60)
    await refused(auth.refresh(first.refreshToken), 'refresh_reused')
    await refused(auth.refresh(third.refreshToken), 'session_not_found')
  },
  'twenty refreshes at once agree on one successor': async () => {
    const { auth, login, clock } = open()
    const { refreshToken } = await login()
    clock.advance(60)
    const pairs = await Promise.all(Array.from({ length: 20 }, () => auth.refresh(refreshToken)))
    same(new Set(pairs.map((pair) => pair.refreshToken)).size, 1, 'successors')
  },
  'a logout ends the session': async () => {
    const { auth, login } = open()
    const { accessToken, refreshToken } = await login()
    await auth.logout({ accessToken, refreshToken, transport: 'bearer' })
    await refused(auth.authenticate(accessToken), 'revoked')
    await refused(auth.refresh(refreshToken), 'session_not_found')
  },
  'revoking all but one leaves that one': async () => {
    const { auth, login } = open()
    const [kept, other] = [await login(), await login()]
    await auth.revoke({ subject: 'alice', keep: kept.principal.sessionId })
    await refused(auth.authenticate(other.accessToken), 'revoked')
    same((await auth.sessions('alice')).length, 1, 'sessions')
    await auth.refresh(kept.refreshToken)
  },
  'a secret rotates without signing anybody out': async () => {
    const before = open(OLD_SECRET)
    const { accessToken, refreshToken } = await before.login()
    const after = open([SECRET, OLD_SECRET], before.store)
    same((await after.auth.authenticate(accessToken)).subject, 'alice', 'the subject')
    await after.auth.refresh(refreshToken)
  },
}

/** The trials of core and memory store. */
export const coreTrials: readonly Trial[] = [
  ...storeTrials,
  ...Object.entries(FLOWS).map(([name, run]) => ({ name: `flow: ${name}`, run })),
]
