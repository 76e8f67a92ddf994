import { Module } from '@nestjs/common';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { BookedUsageRepository } from './booked-usage.repository.js';
import { CostDriftRepository } from './cost-drift.repository.js';
import { ReconciliationReportController } from './reconciliation-report.controller.js';
import { ReconciliationService } from './reconciliation.service.js';
import { StatementsController } from './statements.controller.js';
import { StatementsRepository } from './statements.repository.js';

/** Provider statements and their doors. */
@Module({
  controllers: [StatementsController, ReconciliationReportController],
  providers: [
    AuditLogRepository,
    LedgerRepository,
    LedgerService,
    BookedUsageRepository,
    CostDriftRepository,
    StatementsRepository,
    ReconciliationService,
  ],
})
export class ReconciliationApiModule {}
