/** `@auth/store-memory`: sessions that live in this process. */

export { memoryStore } from './memory-store.js'
export type { MemoryStoreOptions } from './options.js'
