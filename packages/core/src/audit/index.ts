/** `@auth/core/audit`: an audit log that can be asked, and that shows when it was tampered with. */

export type { Audit, AuditContext, AuditVerbs, OpenAudit } from './audit.js'
export type { AuditEntry } from './chain.js'
export { auditLog } from './recorder.js'
export {
  type AuditProblem,
  type AuditVerdict,
  type KnownHead,
  verifyAudit,
  type WriterVerdict,
} from './verify.js'
