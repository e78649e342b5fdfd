/** The runtimes, each with the npm package that ships its binary: install scripts that download are not needed. */

/**
 * @typedef {object} Runtime
 * @property {string} name as in `--only`
 * @property {string} spec of the package, for npm
 * @property {string} binary in its folder
 * @property {string} packageName
 * @property {'server' | 'worker'} kind
 * @property {readonly string[]} args before the program
 */

const { platform, arch } = process
const os = platform === 'win32' ? 'windows' : platform
const exe = platform === 'win32' ? '.exe' : ''

const DENO = { linux: `linux-${arch}-glibc`, darwin: `darwin-${arch}`, win32: `win32-${arch}` }
const WORKERD_ARCH = arch === 'x64' ? '64' : arch

/** @param {number} major @returns {Runtime} */
const node = (major) => {
  const packageName = `node-${platform === 'win32' ? 'win' : platform}-${arch}`
  return {
    name: `node${major}`,
    packageName,
    spec: `${packageName}@${major}`,
    binary: `bin/node${exe}`,
    kind: 'server',
    args: [],
  }
}

/** @type {readonly Runtime[]} */
export const RUNTIMES = [
  ...[20, 22, 24, 26].map(node),
  {
    name: 'bun',
    packageName: `@oven/bun-${os}-${arch}`,
    spec: `@oven/bun-${os}-${arch}@1`,
    binary: `bin/bun${exe}`,
    kind: 'server',
    args: [],
  },
  {
    name: 'deno',
    packageName: `@deno/${DENO[/** @type {keyof typeof DENO} */ (platform)] ?? platform}`,
    spec: `@deno/${DENO[/** @type {keyof typeof DENO} */ (platform)] ?? platform}@2`,
    binary: `deno${exe}`,
    kind: 'server',
    args: [
      'run',
      '--quiet',
      '--node-modules-dir=manual',
      '--allow-net',
      '--allow-env',
      '--allow-read',
      '--allow-sys',
    ],
  },
  {
    name: 'workerd',
    packageName: `@cloudflare/workerd-${os}-${WORKERD_ARCH}`,
    spec: `@cloudflare/workerd-${os}-${WORKERD_ARCH}@1`,
    binary: `bin/workerd${exe}`,
    kind: 'worker',
    args: [],
  },
]

/**
 * What `--only a,b` selects; without it, everything.
 *
 * @param {readonly string[]} argv
 */
export const selected = (argv) => {
  const at = argv.indexOf('--only')
  if (at < 0) return RUNTIMES
  const names = (argv[at + 1] ?? '').split(',')
  const unknown = names.filter((name) => !RUNTIMES.some((runtime) => runtime.name === name))
  if (unknown.length === 0) return RUNTIMES.filter(({ name }) => names.includes(name))
  const known = RUNTIMES.map(({ name }) => name).join(', ')
  throw new Error(`--only ${names.join(',')}: there is no "${unknown.join('", "')}"; there are ${known}`)
}
