/** The rotation rule in a small world, explored exhaustively; the larger worlds are in `exploration.explore.ts`. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lineOfBound, testBounds, testNotAbove } from './bound.js'
import { COMPARISON } from './comparison.js'
import { FINEST, FINEST_BOUNDS } from './finest.js'
import { lineOf, testRows } from './row.js'
import { repeating } from './rules.js'
import { BEARER, KEPT, LOST } from './sessions.js'
import { CLOSE, THIEVES, TURNS } from './thieves.js'

describe('without a thief no session is lost', () => testRows(KEPT))

describe('without a thief a session is lost', () => testRows(LOST))

describe('a bearer client', () => testRows(BEARER))

describe('a thief who keeps more than W apart from the victim', () => testBounds(TURNS))

describe('a thief is caught no later than by the rule that repeats tokens', () => {
  testNotAbove(TURNS, repeating)
})

describe('a thief who keeps close to the victim', () => testBounds(CLOSE))

describe('a thief', () => testRows(THIEVES))

describe('another rule', () => testRows(COMPARISON))

describe('the documents', () => {
  const docs = ['rotation', 'threat-model']
    .map((name) => readFileSync(new URL(`../../../../../docs/${name}.md`, import.meta.url), 'utf8'))
    .join('\n')

  it.each([
    ...[...KEPT, ...LOST, ...BEARER, ...THIEVES, ...COMPARISON, ...FINEST].map(lineOf),
    ...[...TURNS, ...CLOSE, ...FINEST_BOUNDS].map(lineOfBound),
  ])('say %s', (line) => {
    expect(docs).toContain(line)
  })
})
