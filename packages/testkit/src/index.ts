/** What this repository's tests of adapters share. */

export { browserJar } from './browser-jar.js'
export { serve } from './serve.js'
export { firstDifference, histories } from './store-history.js'
