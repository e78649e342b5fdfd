/** The HTTP contract as trials. */

import { type HttpUnderTest, httpContract } from '../../../packages/contracts/src/index.js'
import { browserJar } from '../../../packages/testkit/src/browser-jar.js'
import type { Trial } from './trial.js'

/** The contract on one adapter. */
export const httpTrials = (on: string, start: HttpUnderTest['start']): Trial[] =>
  httpContract.map((clause) => ({
    name: `${on}: ${clause.name}`,
    run: () => clause.run({ start, jar: browserJar }),
  }))
