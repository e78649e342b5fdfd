/** Measures variants side by side: all of them run in processes of their own, in turns, slice by slice. */

import { SECTIONS } from '../sections/index.mjs'
import { startVariant } from './fresh-process.mjs'

/** @param {readonly number[]} values */
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The list, begun at another place: no variant always runs after the same neighbour. */
const rotated = (list, by) => list.map((_, at) => list[(at + by) % list.length])

/** One pass: fresh processes, warmed up, then measured in turns. */
const pass = async (section, names, { measure, rounds, warmUps }) => {
  const variants = []
  for (const name of names) {
    const { typ } = SECTIONS[section].variants[name]
    variants.push({ name, typ, slices: [], process: await startVariant(section, name) })
  }
  try {
    for (let at = 0; at < warmUps; at += 1) for (const variant of variants) await measure(variant)
    for (let round = 0; round < rounds; round += 1)
      for (const variant of rotated(variants, round)) variant.slices.push(await measure(variant))
  } finally {
    for (const variant of variants) await variant.process.stop()
  }
  return variants
}

/**
 * Compares the variants of one group. The first is the base: a ratio is taken within one round, in which all variants ran
 * within seconds of each other, and what counts is the median of all rounds.
 *
 * @param {string} section
 * @param {readonly string[]} names
 * @param {object} how
 * @param {(variant: object) => Promise<{ count: number, cpu: number, wall: number }>} how.measure one slice
 * @param {number} how.passes @param {number} how.rounds @param {number} how.warmUps
 */
export const compare = async (section, names, how) => {
  const slices = names.map(() => [])
  for (let at = 0; at < how.passes; at += 1) {
    const variants = await pass(section, names, how)
    for (const [index, variant] of variants.entries()) slices[index].push(...variant.slices)
  }
  const cpuOf = ({ cpu, count }) => cpu / count
  return names.map((name, index) => ({
    name,
    cpu: median(slices[index].map(cpuOf)),
    perSecond: median(slices[index].map(({ count, wall }) => (count * 1000) / wall)),
    ratio: median(slices[index].map((slice, round) => cpuOf(slice) / cpuOf(slices[0][round]))),
  }))
}
