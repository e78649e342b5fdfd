/** The larger worlds, with `npm run explore`: some minutes and up to 2 GB of memory. */

import { describe } from 'vitest'
import { testBounds } from './bound.js'
import { FINEST, FINEST_BOUNDS } from './finest.js'
import { testRows } from './row.js'

describe('on the finest grids no session is lost', () => testRows(FINEST))

describe('a thief with more copies or more faults', () => testBounds(FINEST_BOUNDS))
