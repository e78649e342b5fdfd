/** The client of the small world: tabs that refresh and share one storage, over a network that loses and delays. */

import type { Step } from './explorer.js'
import { present } from './server.js'
import type { Exchange, World, WorldOptions } from './state.js'

const NAMES = 'ABCDEFGH'

const withTab = (world: World, index: number, exchange: Exchange | null): World => ({
  ...world,
  tabs: world.tabs.map((tab, at) => (at === index ? exchange : tab)),
})

const send = (world: World, index: number): Step<World> => {
  const sent = world.stored
  const next = withTab(world, index, { stage: 'request', sent, given: null, age: 0 })
  return { label: `${NAMES[index]} sends ${sent}`, next }
}

const requestSteps = (options: WorldOptions, world: World, index: number, exchange: Exchange) => {
  const name = NAMES[index]
  const { sent, age } = exchange
  const { world: after, given, outcome } = present(options, world, ['victim', sent])
  // A bearer client is given back what it presented.
  const echoed = outcome === 'hold' && options.storage && options.storage !== 'cookies' ? sent : given
  return [
    {
      label: `the server takes ${name}'s ${sent}: ${outcome}`,
      next: withTab(after, index, { stage: 'answer', sent, given: echoed, age }),
    },
    { label: `${name}'s request is lost`, next: withTab(world, index, null) },
  ]
}

const answerSteps = ({ storage }: WorldOptions, world: World, index: number, { sent, given }: Exchange) => {
  const name = NAMES[index]
  const idle = withTab(world, index, null)
  const { losses } = world.left
  const outdated = storage === 'compare-and-set' && world.stored !== sent
  const received = {
    label: `${name} receives ${given ?? 'no token'}${given !== null && outdated ? ', and drops it' : ''}`,
    next: given === null || outdated ? idle : { ...idle, stored: given },
  }
  if (losses === 0) return [received]
  const next = { ...idle, left: { ...world.left, losses: losses - 1 } }
  return [received, { label: `${name}'s answer is lost`, next }]
}

/** What can happen to one tab. */
export const tabSteps = (options: WorldOptions, world: World, index: number): readonly Step<World>[] => {
  const exchange = world.tabs[index]
  if (!exchange) return [send(world, index)]
  const steps = exchange.stage === 'request' ? requestSteps : answerSteps
  return steps(options, world, index, exchange)
}
