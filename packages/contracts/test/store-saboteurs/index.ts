/** All saboteurs: stores that keep every promise of the port but one, each under the clause that must reject it. */

import type { TokenStore } from '@auth/core'
import { modelStore } from '../../src/index.js'
import { documentSaboteurs } from './documents.js'
import { expirySaboteurs } from './expiry.js'
import { feedSaboteurs } from './feed.js'
import { insertionSaboteurs } from './insertion.js'
import { revocationSaboteurs } from './revocation.js'
import { sessionSaboteurs } from './sessions.js'
import { subjectSaboteurs } from './subjects.js'
import { takeoverSaboteurs } from './takeover.js'
import { tombstoneSaboteurs } from './tombstones.js'

const ALL = [
  sessionSaboteurs,
  insertionSaboteurs,
  revocationSaboteurs,
  subjectSaboteurs,
  takeoverSaboteurs,
  tombstoneSaboteurs,
  feedSaboteurs,
  expirySaboteurs,
  documentSaboteurs,
]

/** Each with the clause that it is meant to break, and a clock of its own. */
export const saboteurs = ALL.flatMap((group) =>
  Object.entries(group).flatMap(([clause, sabotages]) =>
    Object.entries(sabotages).map(([name, sabotage]) => ({
      clause,
      name,
      open: (now: () => number): TokenStore => {
        const inner = modelStore(now)
        return { ...inner, ...sabotage(inner, now) }
      },
    })),
  ),
)
