import { httpContract } from '@auth/contracts'
import { browserJar } from '@auth/testkit'
import { describe, test } from 'vitest'
import { inProcess, onNode } from './contract-app.js'

describe.each([
  ['on Node', onNode],
  ['in process', inProcess],
])('the HTTP contract on Hono, %s', (_name, start) => {
  for (const clause of httpContract) {
    test(clause.name, () => clause.run({ start, jar: browserJar }))
  }
})
