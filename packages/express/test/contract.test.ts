import { httpContract } from '@auth/contracts'
import { browserJar } from '@auth/testkit'
import express from 'express'
// @ts-expect-error the alias has no types of its own
import express4 from 'express4'
import { describe, test } from 'vitest'
import { contractApp } from './contract-app.js'

describe.each([
  ['Express 5', express],
  ['Express 4', express4 as typeof express],
])('the HTTP contract on %s', (_name, framework) => {
  for (const clause of httpContract) {
    test(clause.name, () => clause.run({ start: contractApp(framework), jar: browserJar }))
  }
})
