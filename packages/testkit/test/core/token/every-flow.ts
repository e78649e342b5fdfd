/** Drives every flow of the library, as it should go and as it should not, in front of a witness. */

import type { FakeClock } from '@auth/contracts'
import type { Auth, Pair } from '@auth/core'

/** What came of it all: texts that let somebody in on one side, everything that was said on the other. */
export interface Witness {
  readonly pairs: Pick<Pair, 'accessToken' | 'refreshToken'>[]
  readonly said: unknown[]
}

/** Does something with the library and keeps what comes of it, token texts apart from the rest. */
export const attemptOf =
  ({ pairs, said }: Witness) =>
  async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      const result = await work()
      const { accessToken, refreshToken, ...rest } = Object(result)
      if (accessToken) pairs.push({ accessToken, refreshToken: refreshToken ?? accessToken })
      said.push(accessToken ? rest : result)
      return result
    } catch (error) {
      said.push(error)
      return undefined
    }
  }

const tampered = (text: string): string[] => [
  ...[
    `${text} `,
    text.slice(0, -1),
    `${text.slice(0, -4)}AAAA`,
    text.toLowerCase(),
    `Bearer ${text}`,
    text.repeat(40),
  ],
  ...text.split('.').map((_, index, parts) => parts.with(index, 'AAAA').join('.')),
  ...text.split('.').map((part, index, parts) => parts.with(index, 'A'.repeat(part.length)).join('.')),
]

/** Every flow, as it should be and as it should not, with the same tokens. */
export const driveAll = async (
  auth: Auth,
  clock: FakeClock,
  witness: Witness,
  first?: Pair,
): Promise<void> => {
  const attempt = attemptOf(witness)
  const login = () => auth.login({ subject: 'alice', transport: 'bearer', device: 'phone', data: { a: 1 } })
  const pair = (await attempt(login)) ?? first
  if (!pair) throw new Error('nothing to drive with')
  const { accessToken, refreshToken, principal } = pair
  for (const revocation of ['replica', 'store', 'none'] as const) {
    await attempt(() => auth.authenticate(accessToken, { revocation }))
    await attempt(() => auth.authenticate(accessToken, { transport: 'cookie', maxAuthAge: 0, revocation }))
  }
  for (const text of [...tampered(accessToken), ...tampered(refreshToken)]) {
    await attempt(() => auth.authenticate(text))
    await attempt(() => auth.refresh(text))
    await attempt(() => auth.logout({ accessToken: text, refreshToken: text }))
  }
  await attempt(() => auth.refresh(accessToken))
  await attempt(() => auth.authenticate(refreshToken))
  await attempt(() => auth.refresh(refreshToken, { transport: 'cookie' }))
  let last = refreshToken
  for (const wait of [0, 60, 60, 0]) {
    clock.advance(wait)
    last = (await attempt(() => auth.refresh(last)))?.refreshToken ?? last
  }
  await attempt(() => auth.sessions('alice'))
  await attempt(() => auth.asOf('alice'))
  await attempt(async () => (await auth.revoke({ subject: 'alice', keep: principal.sessionId })).kept)
  await attempt(() => auth.revoke({ tokenId: principal.tokenId, sessionId: principal.sessionId }))
  clock.advance(60)
  await attempt(() => auth.refresh(refreshToken))
  await attempt(() => auth.refresh(last))
  await attempt(() => auth.logout({ accessToken, refreshToken: last }))
  await attempt(() => auth.revoke({ subject: 'alice' }))
  await attempt(() => auth.authenticate(accessToken))
  for (const wrong of [undefined, {}, { subject: '' }, { subject: 'a', asOf: 1 }, accessToken, pair]) {
    await attempt(() => auth.login(wrong as never))
    await attempt(() => auth.revoke(wrong as never))
    await attempt(() => auth.authenticate(wrong as never))
    await attempt(() => auth.refresh(wrong as never))
  }
}
