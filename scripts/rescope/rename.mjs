/** Gives a packed package another scope: in its manifest, its code, its declarations and its README. */

/** Paragraphs about who owns the names on the public registry: true of this scope, not of another. */
const ABOUT_OUR_NAMES = /\n(?=[^\n]*public npm registry)[^\n]+(?:\n[^\n]+)*\n/g

const SCOPE = /^@[a-z0-9][a-z0-9._-]*$/

/** What is wrong with a scope; undefined where it is fine. @param {string | undefined} scope */
export const scopeProblem = (scope) => {
  if (!scope) return 'Say which scope: node scripts/rescope.mjs @acme [--out folder]'
  if (!SCOPE.test(scope))
    return `"${scope}" is no scope: it begins with @, then small letters, digits, ".", "_" or "-"`
  return scope === '@auth' ? 'The packages have the scope @auth already' : undefined
}

/** @param {string} text @param {string} scope */
const renamed = (text, scope) => text.replace(/@auth(?=[/:`])/g, () => scope)

/**
 * The manifest without what only this repository needs, and without its registry: the new owner's npm knows theirs.
 *
 * @param {string} text
 */
const released = (text) => {
  const {
    devDependencies: _tools,
    scripts: _commands,
    publishConfig: _registry,
    ...manifest
  } = JSON.parse(text)
  return `${JSON.stringify({ ...manifest, publishConfig: { access: 'restricted' } }, null, 2)}\n`
}

/**
 * One file of a tarball under the new scope.
 *
 * @param {string} file
 * @param {string} text
 * @param {string} scope
 */
export const rescoped = (file, text, scope) => {
  if (file === 'package.json') return renamed(released(text), scope)
  return renamed(file === 'README.md' ? text.replace(ABOUT_OUR_NAMES, '') : text, scope)
}
