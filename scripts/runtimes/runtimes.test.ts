/** The run over the runtimes is selected as asked, and what fails in it counts as failed. */

import { expect, test } from 'vitest'
import { root, run } from '../machine/run.mjs'
import { RUNTIMES, selected } from './catalog.mjs'
import { tryAll } from './programs/trial.js'

const namesOf = (argv: readonly string[]) => selected(argv).map(({ name }) => name)

test('everything, or what --only says', () => {
  expect(namesOf([])).toEqual(RUNTIMES.map(({ name }) => name))
  expect(namesOf(['--only', 'workerd,node20'])).toEqual(['node20', 'workerd'])
  expect(() => namesOf(['--only', 'node20,node18'])).toThrow('there is no "node18"')
  expect(() => namesOf(['--only'])).toThrow('--only')
})

test('a failed trial is counted and named, and the next one runs', async () => {
  const ran: string[] = []
  const trial = (name: string, error?: unknown) => ({
    name,
    run: async () => {
      ran.push(name)
      if (error) throw error
    },
  })
  const verdict = await tryAll([trial('a'), trial('b', new Error('broken')), trial('c', 'text'), trial('d')])
  expect([verdict.passed, ran]).toEqual([2, ['a', 'b', 'c', 'd']])
  expect(verdict.failures).toEqual([
    { name: 'b', message: expect.stringContaining('broken') },
    { name: 'c', message: 'text' },
  ])
})

test('a wrong selection ends the command', async () => {
  const { code, output } = await run(process.execPath, ['scripts/runtimes.mjs', '--only', 'netscape'], {
    quiet: true,
    cwd: root,
  })
  expect([code, output]).toEqual([1, expect.stringContaining('there is no "netscape"; there are node20')])
})
