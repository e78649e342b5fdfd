import { describe, test } from 'vitest'
import { fakeClock, modelStore, storeContract } from '../../src/testing/index.js'

describe('the model keeps the store contract', () => {
  for (const clause of storeContract) {
    test(clause.name, async () => {
      const clock = fakeClock()
      await clause.run({ store: modelStore(clock.now), advance: clock.advance })
    })
  }
})
