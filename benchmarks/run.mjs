/** Runs every variant in turns, each time in a fresh process, and prints medians and ratios. */

import { execFileSync } from 'node:child_process'
import { groups } from './variants.mjs'

const ROUNDS = 3

const measure = (...args) => {
  const file = new URL('./measure.mjs', import.meta.url).pathname
  return Number(execFileSync(process.execPath, ['--expose-gc', file, ...args]).toString())
}
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]

for (const [group, variants] of Object.entries(groups)) {
  const names = Object.keys(variants)
  const times = new Map(names.map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of names) times.get(name).push(measure(group, name))
  const base = median(times.get(names[0]))
  console.log(`\n${group}`)
  for (const name of names) {
    const time = median(times.get(name))
    console.log(`  ${name.padEnd(34)} ${time.toFixed(1).padStart(8)} µs   ${(time / base).toFixed(2)}`)
  }
}
console.log(`\nmemory store: ${measure('memory')} bytes of heap per session`)
process.exit()
