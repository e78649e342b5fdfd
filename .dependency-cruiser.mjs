/**
 * Who may import whom, as data. Changing these tables is changing the architecture: say why in the pull request.
 * `pnpm run picture` draws what they allow and what is used of it.
 */

/** The rooms of @auth/core, lowest first. A room sees itself, what stands in its own row, and the rows above its own. */
const ROOMS = [
  ['limits', 'errors', 'outcome', 'checks', 'deadline', 'maybe-promise', 'platform'],
  ['session'],
  ['keys'],
  ['audit'],
  ['token'],
  ['store'],
  ['options'],
  ['revocation'],
  ['flows'],
  ['auth'],
  ['index'],
  ['http'],
]

const CORE = '^packages/core/src/(index|audit/index|http/index)[.]ts$'
const NODE =
  '^(node:)?(assert|buffer|child_process|crypto|diagnostics_channel|fs|http|net|os|path|process|stream|tls|url|util|zlib)(/|$)'

/** What the sources of a package may import besides themselves and its peers. The first row that fits counts. */
const PACKAGES = [
  { name: 'core', sees: ['node_modules/(jose|cookie)/'] },
  { name: 'contracts', sees: [CORE] },
  { name: 'client', sees: [] },
  { name: 'store-(redis|sql)', sees: [CORE, NODE] }, // their drivers are for Node.js
  { name: 'store-[^/]+', sees: [CORE] },
  { name: 'takeover', sees: [CORE, NODE, 'node_modules/jose/'] }, // inflates and decrypts what Node.js applications wrote
  { name: 'cli', sees: [CORE, NODE, '^packages/[^/]+/src/index[.]ts$'] },
  { name: 'testkit', sees: ['.'] }, // private: what the tests share
  { name: '[^/]+', sees: [CORE, '^packages/store-memory/src/index[.]ts$'] }, // the adapters
]

/** The one file of @auth/core for Node.js: a bundler leaves it out where `#platform` finds another. */
const NODE_FILE = 'packages/core/src/platform/node[.]ts'

const inside = (names) => `^packages/core/src/(${names.join('|')})(/|[.]ts$)`

const ladder = ROOMS.flatMap((row, at) => row.map((room) => ({ room, sees: ROOMS.slice(0, at + 1).flat() })))

const roomRules = ladder.map(({ room, sees }) => ({
  name: `${room}-looks-up`,
  comment: `${room} may import ${sees.join(', ')}`,
  severity: 'error',
  from: { path: inside([room]) },
  to: { path: '^packages/core/src/', pathNot: inside(sees) },
}))

const packageRules = PACKAGES.map(({ name, sees }, at) => ({
  name: `package-${name.replace(/\W/g, '')}-out-of-bounds`,
  severity: 'error',
  from: {
    path: `^packages/${name}/src/`,
    pathNot: [...PACKAGES.slice(0, at).map((row) => `^packages/${row.name}/src/`), NODE_FILE],
  },
  to: {
    pathNot: [`^packages/${name}/src/`, ...sees],
    dependencyTypesNot: ['npm-peer'],
  },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'homeless-room',
      comment: 'a room of core that has no place on the ladder',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: inside(ladder.map(({ room }) => room)) },
      to: {},
    },
    {
      name: 'verb-imports-verb',
      severity: 'error',
      from: { path: '^packages/core/src/flows/([^/]+)[.]ts$' },
      to: { path: '^packages/core/src/flows/', pathNot: '/$1[.]ts$' },
    },
    {
      name: 'drawer',
      comment: 'a name that says nothing about what is inside',
      severity: 'error',
      from: {},
      to: { path: '^packages/.*/(utils|helpers|common|shared|lib)(/|[.]ts$)' },
    },
    {
      name: 'http-reaches-below',
      comment: 'HTTP works through the verbs; of the rooms below them it knows types',
      severity: 'error',
      from: { path: inside(['http']) },
      to: {
        path: inside(['session', 'keys', 'token', 'store', 'revocation']),
        pathNot: '/token/claims[.]ts$', // what a principal is
        dependencyTypesNot: ['type-only'],
      },
    },
    ...roomRules,
    ...packageRules,
  ],
  options: {
    tsPreCompilationDeps: true, // a circle of types is one that the next edit turns into a circle of values
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@auth/source', 'import', 'node', 'default'],
    },
    reporterOptions: { mermaid: { minify: false } },
  },
}
