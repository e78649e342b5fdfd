/** One variant in one process: prints how many microseconds an operation takes. */

import { groups, memoryPerSession } from './variants.mjs'

const [group, name] = process.argv.slice(2)
if (group === 'memory') {
  console.log(await memoryPerSession())
  process.exit()
}
const operation = await groups[group][name]()
const run = async (milliseconds) => {
  const start = performance.now()
  let count = 0
  for (; performance.now() - start < milliseconds; count += 1) await operation()
  return ((performance.now() - start) * 1000) / count
}
await run(300)
console.log(await run(700))
process.exit()
