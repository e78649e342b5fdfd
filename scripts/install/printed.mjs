/** Programs as the READMEs print them, and the same ones for CommonJS. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../machine/run.mjs'

/**
 * The text of a named block.
 *
 * @param {string} name a package's folder
 * @param {string} recipe
 */
export const printed = (name, recipe) => {
  const file = `packages/${name}/README.md`
  const readme = readFileSync(join(root, file), 'utf8')
  const start = readme.indexOf(`<!-- recipe: ${recipe} -->`)
  const [, text] = /^<!--.*-->\n```\w+\n([\s\S]*?)```/.exec(readme.slice(start)) ?? []
  if (start < 0 || !text)
    throw new Error(`${file} has no block "<!-- recipe: ${recipe} -->" with code below it`)
  return text
}

/**
 * Carries out a block of `diff` on a program: each line that it takes away must be there, and what follows takes its place.
 *
 * @param {string} program
 * @param {string} diff
 */
export const changed = (program, diff) =>
  [...diff.matchAll(/^-(.*)\n((?:\+.*\n)*)/gm)].reduce((text, [, line = '', added = '']) => {
    if (!text.includes(line)) throw new Error(`the first program has no line "${line}"`)
    return text.replace(`${line}`, () => added.replace(/^\+/gm, '').trimEnd())
  }, program)

/** The same program with `require`, as somebody on CommonJS would write it. @param {string} program */
export const asCommonJs = (program) =>
  program
    .replace(/^import (\w+) from ('[^']+')$/gm, 'const $1 = require($2)')
    .replace(/^import (\{[^}]+\}) from ('[^']+')$/gm, 'const $1 = require($2)')
