import { HttpCode, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { AdminAccess } from '../../platform/http/access.decorator.js';
import { FinanceController } from '../../platform/http/admin-controller.decorator.js';
import { AnswersWith } from '../../platform/http/answers.decorator.js';
import { showAudit } from './audit-report.js';
import { AuditService } from './audit.service.js';
import { AUDIT } from './audit.dto.js';

@FinanceController('audits', 'Audits')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Post()
  @HttpCode(200)
  @AdminAccess('owner', 'admin', 'finance', 'auditor')
  @ApiOperation({ summary: 'Run every books check; each answers with its count of violations' })
  @AnswersWith(AUDIT)
  async run() {
    return showAudit(await this.audit.run());
  }
}
