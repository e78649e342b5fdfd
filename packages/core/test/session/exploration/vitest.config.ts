/** `npm run explore`: the whole exploration of the rotation rule, with its traces. */

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['*.test.ts', '*.explore.ts'],
    env: { EXPLORATION: '1' },
    maxWorkers: 1,
    execArgv: ['--max-old-space-size=2048'],
    testTimeout: 900_000,
  },
})
