/** `@auth/store-memory`: sessions that live in this process. */

export { type MemoryAuditLogOptions, memoryAuditLog } from './memory-audit-log.js'
export { memoryStore } from './memory-store.js'
export type { MemoryStoreOptions } from './options.js'
