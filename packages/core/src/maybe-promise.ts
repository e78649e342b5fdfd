/** Values that may be there already: what is known is answered in the same tick, without a promise. */

/** A value, or the promise of one. */
export type MaybePromise<T> = T | Promise<T>

/** Continues with a value, at once where it is there. */
export const after = <T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> =>
  value instanceof Promise ? value.then(next) : next(value)
