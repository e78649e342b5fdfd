/** Sizes: how long files and functions are, and how many parameters functions take. */

import ts from 'typescript'
import { allSources, lineAt, lineOf, nodesIn } from './workspace.mjs'

const SIZE_BUDGETS = {
  fileMedian: 90,
  fileMax: 250,
  functionP90: 30,
  functionMax: 50,
  parameters: 3,
}

/** @param {readonly number[]} sorted */
const median = (sorted) => {
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2
}

/** The nearest-rank percentile. @param {readonly number[]} sorted */
const p90 = (sorted) => sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0

/**
 * @typedef {object} Measured
 * @property {string} path
 * @property {number} line
 * @property {string} what
 * @property {number} size
 */

/** @param {readonly Measured[]} measured */
const sortedSizes = (measured) => measured.map(({ size }) => size).sort((a, b) => a - b)

/** @param {readonly Measured[]} measured @returns {Measured} */
const largest = (measured) =>
  measured.reduce((a, b) => (b.size > a.size ? b : a), { path: '', line: 0, what: '', size: 0 })

/** @param {import('./workspace.mjs').Source} source @returns {Measured} */
const fileSize = (source) => {
  const text = source.ast.text.replace(/\n$/, '')
  return { path: source.path, line: 1, what: 'the file', size: text.split('\n').length }
}

/** @param {ts.Node} node @returns {node is ts.FunctionLikeDeclaration} */
const hasBody = (node) => ts.isFunctionLike(node) && 'body' in node && node.body !== undefined

/** @param {ts.SignatureDeclaration} node */
const nameOf = (node) => {
  const named = node.name ? node : node.parent
  return 'name' in named && named.name ? /** @type {ts.Node} */ (named.name).getText() : 'a function'
}

/** @param {import('./workspace.mjs').Source} source */
const functionSizes = (source) =>
  nodesIn(source.ast)
    .filter(hasBody)
    .map((node) => {
      const line = lineOf(source, node)
      return { path: source.path, line, what: nameOf(node), size: lineAt(source, node.end) - line + 1 }
    })

/** Declared shapes count too: a type with five parameters asks for a function with five. */
/** @param {import('./workspace.mjs').Source} source @returns {Measured[]} */
const parameterCounts = (source) =>
  nodesIn(source.ast)
    .filter(ts.isFunctionLike)
    .map((node) => ({
      path: source.path,
      line: lineOf(source, node),
      what: nameOf(node),
      size: node.parameters.filter((parameter) => parameter.name.getText() !== 'this').length,
    }))

/** @param {readonly Measured[]} measured @param {number} max @param {string} unit */
const tooLarge = (measured, max, unit) =>
  measured
    .filter(({ size }) => size > max)
    .map(({ path, line, what, size }) => ({
      path,
      line,
      message: `${what} has ${size} ${unit}, at most ${max}`,
    }))

/** @param {{ path: string, line: number }} place */
const at = ({ path, line }) => `${path}:${line}`

/** @param {Measured[]} files @param {Measured[]} functions @param {Measured[]} parameters */
const figuresOf = (files, functions, parameters) => {
  const budget = SIZE_BUDGETS
  const [file, fn, params] = [largest(files), largest(functions), largest(parameters)]
  return [
    { name: 'source files', now: files.length },
    { name: 'file lines, median', now: median(sortedSizes(files)), budget: budget.fileMedian },
    { name: 'file lines, longest', now: file.size, budget: budget.fileMax, where: file.path },
    { name: 'functions', now: functions.length },
    { name: 'function lines, p90', now: p90(sortedSizes(functions)), budget: budget.functionP90 },
    { name: 'function lines, longest', now: fn.size, budget: budget.functionMax, where: at(fn) },
    { name: 'parameters, most', now: params.size, budget: budget.parameters, where: at(params) },
  ]
}

/** @param {import('./workspace.mjs').Workspace} workspace @returns {import('./workspace.mjs').Verdict} */
export const checkSizes = (workspace) => {
  const sources = allSources(workspace)
  const files = sources.map(fileSize)
  const functions = sources.flatMap(functionSizes)
  const parameters = sources.flatMap(parameterCounts)
  const violations = [
    ...tooLarge(files, SIZE_BUDGETS.fileMax, 'lines'),
    ...tooLarge(functions, SIZE_BUDGETS.functionMax, 'lines'),
    ...tooLarge(parameters, SIZE_BUDGETS.parameters, 'parameters'),
  ]
  const figures = figuresOf(files, functions, parameters)
  for (const { name, now, budget } of figures) {
    if ((name.endsWith('median') || name.endsWith('p90')) && budget !== undefined && now > budget)
      violations.push({ path: 'packages', line: 1, message: `${name}: ${now}, at most ${budget}` })
  }
  return { figures, violations }
}
