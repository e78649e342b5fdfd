import { httpContract } from '@auth/contracts'
import { browserJar } from '@auth/testkit'
import Koa from 'koa'
// @ts-expect-error the alias has no types of its own
import Koa2 from 'koa2'
import { describe, test } from 'vitest'
import { contractApp } from './contract-app.js'

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2 as unknown as typeof Koa],
])('the HTTP contract on %s', (_name, framework) => {
  for (const clause of httpContract) {
    test(clause.name, () => clause.run({ start: contractApp(framework), jar: browserJar }))
  }
})
