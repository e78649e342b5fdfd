/** The import ladder, as data: who may import whom. Changing it is changing the architecture. */

/** The rooms of @auth/core, lowest first. A room imports from its own rung and from those below. */
export const RUNGS = [
  ['errors', 'events', 'secret', 'deadline', 'options'],
  ['token', 'session'],
  ['store'],
  ['revocation'],
  ['flows'],
  ['auth'],
  ['index'],
]

/** Rooms beside the ladder, each with all that it may see. Nothing may see `testing`. */
export const SIDE_ROOMS = {
  http: ['errors', 'events', 'options', 'auth', 'index'],
  testing: ['errors', 'events', 'session', 'store', 'http', 'index'],
}

/** Types may be imported upwards only here, each with its reason. One that is no longer needed is a violation. */
export const TYPES_UPWARDS = [
  {
    from: 'options',
    to: 'session',
    reason: '`data` and the cookie transport are options, and fields of the record',
  },
  {
    from: 'options',
    to: 'store',
    reason: 'the store is an option: the port is what an application hands in',
  },
]

/** What each kind of package may import besides itself; `peers` stands for its peer dependencies. */
export const PACKAGE_KINDS = [
  { kind: 'core', matches: /^@auth\/core$/, imports: ['jose', 'cookie'], peers: false },
  { kind: 'readers', matches: /^@auth\/takeover$/, imports: ['@auth/core', 'jose'], peers: false },
  {
    kind: 'contracts',
    matches: /^@auth\/contracts$/,
    imports: ['@auth/core', '@auth/core/http'],
    peers: false,
  },
  { kind: 'store', matches: /^@auth\/store-/, imports: ['@auth/core'], peers: true },
  {
    kind: 'adapter',
    matches: /^@auth\//,
    imports: ['@auth/core', '@auth/core/http', '@auth/store-memory'],
    peers: true,
  },
]

/** Packages that may import Node.js's own modules; all others run wherever there are web standards. */
export const NEEDS_NODE = [
  {
    name: '@auth/store-redis',
    reason: 'its drivers are for Node.js, and names of keys are digested synchronously',
  },
  {
    name: '@auth/takeover',
    reason: 'the old libraries are for Node.js, and their MACs and ciphers are node:crypto',
  },
]

/** The whole of core's runtime dependencies. */
export const CORE_DEPENDENCIES = ['cookie', 'jose']

/** Adapters carry values; one that grows has begun to decide. */
export const ADAPTER_CODE_LINES = 99
