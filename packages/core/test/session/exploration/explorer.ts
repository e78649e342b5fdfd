/** A breadth-first explorer: visits every state that a model can reach, and remembers the shortest way to each. */

/** One thing that can happen in a state. */
export interface Step<S> {
  readonly label: string
  readonly next: S
}

/** What is explored. Two states with the same key must have the same future. */
export interface Model<S> {
  readonly initial: S
  steps(state: S): readonly Step<S>[]
  key(state: S): string
}

/** What an exploration found. */
export interface Exploration {
  /** How many different states were visited. */
  readonly states: number
  /** Length of the longest shortest way to a state. */
  readonly depth: number
  /** Whether every reachable state was visited. */
  readonly complete: boolean
  /** The shortest way to a state that was sought; null where there is none. */
  readonly trace: readonly string[] | null
}

/** How far to look. A trace that is found ends the exploration. */
export interface Bounds {
  /** Default: 200000. */
  readonly maxStates?: number
}

/** The ways by which states were first reached: of each the state before and the index of the step. */
interface Ways {
  readonly parents: number[]
  readonly indexes: number[]
}

/** Walks a way once more, because labels of millions of steps are not worth keeping. */
const traceTo = <S>(model: Model<S>, { parents, indexes }: Ways, end: number): string[] => {
  const way: number[] = []
  for (let at = end; at > 0; at = parents[at] ?? 0) way.unshift(indexes[at] ?? 0)
  let state = model.initial
  return way.map((index) => {
    const step = model.steps(state)[index]
    if (!step) throw new Error('The model is not deterministic.')
    state = step.next
    return step.label
  })
}

/** Visits every reachable state, nearest first, until one is `sought` or none is left. */
export const explore = <S>(
  model: Model<S>,
  sought: (state: S) => boolean,
  { maxStates = 200_000 }: Bounds = {},
): Exploration => {
  const seen = new Set([model.key(model.initial)])
  const ways: Ways = { parents: [0], indexes: [0] }
  let level: [id: number, state: S][] = [[0, model.initial]]
  for (let depth = 0; ; depth += 1) {
    const next: [id: number, state: S][] = []
    for (const [id, state] of level) {
      if (sought(state)) {
        return { states: seen.size, depth, complete: false, trace: traceTo(model, ways, id) }
      }
      for (const [index, step] of model.steps(state).entries()) {
        const size = seen.size
        if (seen.add(model.key(step.next)).size === size) continue
        ways.parents.push(id)
        ways.indexes.push(index)
        next.push([size, step.next])
      }
      if (seen.size > maxStates) return { states: seen.size, depth, complete: false, trace: null }
    }
    if (next.length === 0) return { states: seen.size, depth, complete: true, trace: null }
    level = next
  }
}

/**
 * Ways that together take each step of each reachable state, for replaying a small world somewhere else: the shortest
 * ones, without those that another continues.
 */
export const everyWay = <S>(model: Model<S>): readonly (readonly string[])[] => {
  const seen = new Set([model.key(model.initial)])
  const queue: [state: S, way: readonly string[]][] = [[model.initial, []]]
  const ways: (readonly string[])[] = []
  for (const [state, way] of queue) {
    for (const { label, next } of model.steps(state)) {
      const longer = [...way, label]
      const key = model.key(next)
      if (seen.has(key) || model.steps(next).length === 0) ways.push(longer)
      else queue.push([next, longer])
      seen.add(key)
    }
  }
  return ways
}
