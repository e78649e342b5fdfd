import { fakeClock, modelStore } from '@auth/contracts'
import { firstDifference, histories } from '@auth/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore } from '../src/index.js'

test('under random histories the memory store and the model cannot be told apart', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const clock = fakeClock()
      const store = memoryStore({ now: clock.now })
      expect(await firstDifference([store, modelStore(clock.now)], clock, history)).toBeNull()
      await store.close()
    }),
    { numRuns: 500 },
  )
}, 120_000)
