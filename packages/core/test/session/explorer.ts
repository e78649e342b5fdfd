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

/** How far to look; a trace that is found ends the exploration. Default: 200000 states. */
export interface Bounds {
  readonly maxStates?: number
}

interface Node<S> {
  readonly state: S
  readonly depth: number
  readonly parent: Node<S> | null
  readonly label: string
}

const traceTo = <S>(end: Node<S>): string[] => {
  const labels: string[] = []
  for (let node: Node<S> | null = end; node?.parent; node = node.parent) labels.push(node.label)
  return labels.reverse()
}

/** Visits every reachable state, nearest first, until one is `sought` or none is left. */
export const explore = <S>(
  model: Model<S>,
  sought: (state: S) => boolean,
  { maxStates = 200_000 }: Bounds = {},
): Exploration => {
  const seen = new Set([model.key(model.initial)])
  let level: Node<S>[] = [{ state: model.initial, depth: 0, parent: null, label: '' }]
  let depth = 0
  while (level.length > 0) {
    const next: Node<S>[] = []
    for (const node of level) {
      depth = node.depth
      if (sought(node.state)) return { states: seen.size, depth, complete: false, trace: traceTo(node) }
      for (const { label, next: state } of model.steps(node.state)) {
        const key = model.key(state)
        if (seen.has(key)) continue
        seen.add(key)
        next.push({ state, depth: depth + 1, parent: node, label })
      }
      if (seen.size > maxStates) return { states: seen.size, depth, complete: false, trace: null }
    }
    level = next
  }
  return { states: seen.size, depth, complete: true, trace: null }
}
