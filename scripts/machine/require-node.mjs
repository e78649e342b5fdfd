/** Imported first by the commands: stops with a plain message where Node.js is older than package.json asks for. */

import { readFileSync } from 'node:fs'

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
/** @param {string} version @returns {number} 20.19.3 as 20019 */
const comparable = (version) => {
  const [major = 0, minor = 0] = version.replace('>=', '').split('.').map(Number)
  return major * 1000 + minor
}

if (comparable(process.versions.node) < comparable(engines.node)) {
  console.error(`This repository needs Node.js ${engines.node}; this is ${process.versions.node}.`)
  process.exit(1)
}
