import { expect, test } from 'vitest'
import { fakeClock, modelStore, storeContract, unmetNeeds } from '../src/index.js'

test.each(storeContract)('the model keeps: $name', async (clause) => {
  const clock = fakeClock()
  const subject = { store: modelStore(clock.now), advance: clock.advance }
  expect(unmetNeeds(clause, subject)).toEqual([])
  await clause.run(subject)
})
