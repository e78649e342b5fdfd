/** The thief of the small world: copies the client's storage, and presents what he holds whenever he likes. */

import type { Step } from './explorer.js'
import { present } from './server.js'
import type { World, WorldOptions } from './state.js'

/** What the thief can do. */
export const thiefSteps = (options: WorldOptions, world: World): readonly Step<World>[] => {
  const { left, stored, held } = world
  const { thief = 'all' } = options
  const keep = (token: number | null): readonly number[] => {
    if (token === null || held.includes(token)) return held
    return thief === 'newest' ? [token] : [...held, token].sort((a, b) => a - b)
  }
  const uses = held.map((token) => {
    const { world: after, given, outcome } = present(options, world, ['thief', token])
    return {
      label: `the thief presents ${token}: ${outcome}`,
      next: { ...after, held: keep(thief === 'copied' ? null : given) },
    }
  })
  if (left.copies === 0 || held.includes(stored)) return uses
  const next = { ...world, held: keep(stored), left: { ...left, copies: left.copies - 1 } }
  return [...uses, { label: `the thief copies ${stored}`, next }]
}
