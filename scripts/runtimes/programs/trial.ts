/** A test runner in a page: named trials one after the other, on any runtime. */

/** One trial. */
export interface Trial {
  readonly name: string
  run(): Promise<void>
}

/** What came of the trials. */
export interface Verdict {
  readonly passed: number
  readonly failures: readonly { readonly name: string; readonly message: string }[]
}

const DEADLINE = 30_000

const withDeadline = async (work: Promise<void>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${DEADLINE / 1000} s`)), DEADLINE)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Runs all trials; a failed one does not stop the others. */
export const tryAll = async (trials: readonly Trial[]): Promise<Verdict> => {
  const failures: { name: string; message: string }[] = []
  for (const { name, run } of trials) {
    try {
      await withDeadline(run())
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      failures.push({ name, message })
    }
  }
  return { passed: trials.length - failures.length, failures }
}
