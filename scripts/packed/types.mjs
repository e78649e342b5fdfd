/** What publint and attw ("are the types wrong?") say about a tarball. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { run } from '../machine/run.mjs'

/** @typedef {import('./pack.mjs').Packed} Packed */

/** Complaints of attw that are not heeded, each with its reason. */
export const IGNORED_BY_ATTW = [
  {
    args: ['--profile', 'node16'],
    reason:
      'node10 resolution does not know `exports`; TypeScript 6 deprecates it, and ./http could not be found by it',
  },
]

const ATTW = fileURLToPath(
  new URL('dist/index.js', import.meta.resolve('@arethetypeswrong/cli/package.json')),
)

/** @param {Packed} packed @returns {Promise<string[]>} */
export const attwComplaints = async ({ tarball }) => {
  const ignored = IGNORED_BY_ATTW.flatMap(({ args }) => args)
  const args = [ATTW, tarball, '--format', 'ascii', '--no-color', ...ignored]
  const { code, output } = await run(process.execPath, args, { quiet: true })
  return code === 0 ? [] : [`attw:\n${output}`]
}

/** @param {Packed} packed @returns {Promise<string[]>} */
export const publintComplaints = async ({ tarball, manifest }) => {
  const file = readFileSync(tarball)
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength)
  const { messages } = await publint({ pack: { tarball: bytes }, strict: true })
  return messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`)
}
