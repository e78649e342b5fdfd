/** The contracts on any runtime, without a test runner: clauses one after the other, and what came of them. */

import { fakeClock, type HttpUnderTest, httpContract, storeContract } from '../../../contracts/src/index.js'
import { memoryStore } from '../../../store-memory/src/index.js'
import { browserJar } from '../../src/browser-jar.js'

/** One thing to try. */
export interface Trial {
  readonly name: string
  run(): Promise<void>
}

/** The store contract on the memory store. */
export const storeTrials: Trial[] = storeContract.map((clause) => ({
  name: `store: ${clause.name}`,
  run: async () => {
    const { now, advance } = fakeClock()
    const store = memoryStore({ now })
    await clause.run({ store, advance }).finally(() => store.close())
  },
}))

/** The HTTP contract on one adapter. */
export const httpTrials = (on: string, start: HttpUnderTest['start']): Trial[] =>
  httpContract.map((clause) => ({
    name: `${on}: ${clause.name}`,
    run: () => clause.run({ start, jar: browserJar }),
  }))

const DEADLINE = 60_000

/** Runs all trials, and prints the verdict as one line of JSON; a failed one does not stop the others. */
export const tryAll = async (trials: readonly Trial[]): Promise<void> => {
  const failures: { test: string; message: string }[] = []
  for (const { name, run } of trials) {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('it does not end')), DEADLINE)
    })
    await Promise.race([run(), late])
      .catch((error) => failures.push({ test: name, message: String(error?.stack ?? error) }))
      .finally(() => clearTimeout(timer))
  }
  const passed = trials.length - failures.length
  console.log(
    `verdict ${JSON.stringify({ runtime: globalThis.navigator?.userAgent ?? `Node.js/${process.version}`, passed, failures })}`,
  )
}
