/** `@auth/store-memory`: sessions that live in this process. */

export { type MemoryStoreOptions, memoryStore } from './memory-store.js'
