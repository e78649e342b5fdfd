/** All saboteurs of the HTTP contract: adapters that keep every promise but one. */

import { optionsSaboteurs } from './options.js'
import { requestsSaboteurs } from './requests.js'
import { responsesSaboteurs } from './responses.js'
import { routesSaboteurs } from './routes.js'
import type { Saboteurs } from './wire.js'

export const saboteurs: Saboteurs = {
  ...responsesSaboteurs,
  ...requestsSaboteurs,
  ...routesSaboteurs,
  ...optionsSaboteurs,
}
