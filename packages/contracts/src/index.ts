/** `@auth/contracts`: contracts as data, a model to compare with, a clock that obeys. No test runner is imported. */

export { type AuditClause, type AuditLogUnderTest, auditContract } from './audit-contract/index.js'
export { type FakeClock, fakeClock } from './fake-clock.js'
export {
  type BrowserJar,
  type ContractServer,
  type HttpClause,
  type HttpUnderTest,
  httpContract,
} from './http-contract/index.js'
export { type ModelStore, modelStore } from './model-store/model-store.js'
export {
  type StoreClause,
  type StoreNeed,
  type StoreUnderTest,
  storeContract,
  unmetNeeds,
} from './store-contract/index.js'
