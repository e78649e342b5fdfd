import { defineConfig, type Options } from 'tsup'

/** One recipe for every package: ESM and CommonJS with types for both, and nothing minified. */
export const library = (entry: Record<string, string>, options: Options = {}) =>
  defineConfig(
    (['esm', 'cjs'] as const).map((format) => ({
      entry,
      format,
      target: 'es2023',
      platform: 'neutral' as const,
      dts: true,
      splitting: true,
      treeshake: true,
      outDir: 'dist',
      // Left to the runtime; Deno and Workers know Node.js's modules by their full names only.
      external: [/^node:/, '#platform'],
      removeNodeProtocol: false,
      // jose is ESM only: Jest and old bundlers could not `require` it, so the CommonJS file carries it.
      noExternal: format === 'cjs' ? ['jose'] : [],
      ...options,
    })),
  )
