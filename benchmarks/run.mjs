/** `npm run bench -- [sections] [--quick]`: measures all sections, or the named ones, and prints medians and ratios. */

import { compare } from './lib/compare.mjs'
import { SECTIONS } from './sections/index.mjs'

const quick = process.argv.includes('--quick')
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const HOW = quick
  ? { passes: 1, rounds: 1, warmUps: 1, milliseconds: 150, requests: 1600 }
  : { passes: 2, rounds: 6, warmUps: 3, milliseconds: 300, requests: 3200 }

const slice = (variant, { milliseconds }) => variant.process.ask('run', milliseconds)

const format = ({ name, cpu, perSecond, ratio }) =>
  `  ${name.padEnd(44)}${cpu.toFixed(1).padStart(9)} µs${ratio.toFixed(2).padStart(8)}${(1 / ratio).toFixed(2).padStart(8)}${perSecond.toFixed(0).padStart(10)}/s`

for (const [id, { title, groups }] of Object.entries(SECTIONS)) {
  if (wanted.length > 0 && !wanted.includes(id)) continue
  console.log(`\n${title}`)
  for (const [group, given] of Object.entries(groups)) {
    const { names, measure } = Array.isArray(given) ? { names: given, measure: slice } : given
    console.log(` ${group}`)
    const results = await compare(id, names, { ...HOW, measure: (variant) => measure(variant, HOW) })
    for (const result of results) console.log(format(result))
  }
}
process.exit()
