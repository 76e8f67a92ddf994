import { Module } from '@nestjs/common';
import { AuditController } from './audit/audit.controller.js';
import { AuditService } from './audit/audit.service.js';
import { CreditsController } from './credits/credits.controller.js';
import { CreditsRepository } from './credits/credits.repository.js';
import { CreditsService } from './credits/credits.service.js';
import { ExportsController } from './exports/exports.controller.js';
import { ExportsService } from './exports/exports.service.js';
import { UsageReportRepository } from './exports/usage-report.repository.js';
import { LedgerRepository } from './ledger/ledger.repository.js';
import { LedgerService } from './ledger/ledger.service.js';
import { RequestsController } from './usage/requests.controller.js';
import { RequestsRepository } from './usage/requests.repository.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageRepository } from './usage/usage.repository.js';

/** The doors of the money walk: credits, usage, requests, reports and the books checks. */
@Module({
  controllers: [CreditsController, UsageController, RequestsController, ExportsController, AuditController],
  providers: [
    LedgerRepository,
    LedgerService,
    CreditsRepository,
    CreditsService,
    UsageRepository,
    RequestsRepository,
    UsageReportRepository,
    ExportsService,
    AuditService,
  ],
})
export class BillingApiModule {}
