/** All sections, in the order of the report. */

import { guard } from './guard.mjs'
import { sign } from './sign.mjs'
import { verify } from './verify.mjs'

export const SECTIONS = { guard, verify, sign }
