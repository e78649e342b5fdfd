/** Clauses about the wake-up: a store tells its processes that the feed may have grown. */

import { expect } from '../expectations.js'
import { type Bench, LIFE } from './bench.js'
import { needing, type StoreClause } from './clause.js'

const ATTEMPTS = 4
/** How long one wake-up may take before it counts as lost, in milliseconds. Only a failure waits for it. */
const PATIENCE = 500

const waking = needing('feed', 'wake')

/** Resolves to true once `wake` was called, and to false where that takes too long. */
const wakeUp = () => {
  let wake = () => {}
  const called = new Promise<boolean>((resolve) => {
    wake = () => resolve(true)
  })
  const woken = async (): Promise<boolean> => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE)
    })
    const answer = await Promise.race([called, late])
    clearTimeout(timer)
    return answer
  }
  return { wake: () => wake(), woken }
}

/** Revokes through one client until the other is woken: a single wake-up may be lost. */
const isWoken = async ({ store, other, stored }: Bench, begun = () => {}): Promise<boolean> => {
  const { wake, woken } = wakeUp()
  const stop = store.onMarks(wake)
  begun()
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { id } = await stored()
      await other.revoke({ kind: 'session', sessionId: id }, LIFE)
      if (await woken()) return true
    }
    return false
  } finally {
    stop()
  }
}

/** Wake-ups. */
export const wakeClauses: readonly StoreClause[] = [
  waking(
    'a revocation wakes every process',
    'A revocation by another client calls wake, after the feed has grown.',
    async (bench) => {
      expect(await isWoken(bench), `${ATTEMPTS} revocations woke nothing`)
      expect(
        await isWoken(bench),
        `${ATTEMPTS} revocations woke nothing after an earlier wake-up was stopped`,
      )
    },
  ),
  waking(
    'a stopped wake-up is not called again',
    'Once the returned function was called, wake is called no more; others still are.',
    async (bench) => {
      let calls = 0
      const stop = bench.store.onMarks(() => {
        calls += 1
      })
      expect(await isWoken(bench), `${ATTEMPTS} revocations woke nothing`)
      let before = 0
      const stopTwice = () => {
        stop()
        stop()
        before = calls
      }
      expect(
        await isWoken(bench, stopTwice),
        `${ATTEMPTS} revocations woke nothing after another wake-up was stopped`,
      )
      expect(calls === before, 'wake was called after it was stopped')
    },
  ),
]
