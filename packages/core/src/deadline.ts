/** A limit on waiting: an answer that comes too late is no answer. */

/** Waits for `work` at most so many milliseconds; what it brings afterwards is dropped. */
export const withinDeadline = <T>(work: PromiseLike<T>, milliseconds: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), Math.max(0, milliseconds))
    const settling =
      <A>(settle: (answer: A) => void) =>
      (answer: A): void => {
        clearTimeout(timer)
        settle(answer)
      }
    work.then(settling(resolve), settling(reject))
  })
