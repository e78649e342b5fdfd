import { fakeClock, storeContract } from '@auth/contracts'
import { describe, test } from 'vitest'
import { memoryStore } from '../src/index.js'

describe('the store contract', () => {
  for (const clause of storeContract) {
    test(clause.name, async () => {
      const clock = fakeClock()
      const store = memoryStore({ now: clock.now })
      await clause.run({ store, advance: clock.advance })
      await store.close()
    })
  }
})
