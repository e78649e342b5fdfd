/** A limit on waiting: an answer that comes too late is no answer. */

/**
 * Waits for `work` at most so many milliseconds; what it brings afterwards is dropped.
 *
 * @param isBackground - whether the process may end while this waits
 */
export const withinDeadline = <T>(
  work: PromiseLike<T>,
  milliseconds: number,
  isBackground = false,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), Math.max(0, milliseconds))
    if (isBackground) (timer as { unref?(): void }).unref?.()
    const settling =
      <A>(settle: (answer: A) => void) =>
      (answer: A): void => {
        clearTimeout(timer)
        settle(answer)
      }
    work.then(settling(resolve), settling(reject))
  })
