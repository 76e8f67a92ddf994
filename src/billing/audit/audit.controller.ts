import { HttpCode, Post } from '@nestjs/common';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { showAudit } from './audit-report.js';
import { AuditService } from './audit.service.js';

@FinanceController('audits', 'audits')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  /** Runs every books check on one unchanging state and answers each with its count of violations. */
  @Post()
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  async run() {
    return showAudit(await this.audit.run());
  }
}
