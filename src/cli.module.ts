import { Module } from '@nestjs/common';
import { AdminKeysRepository } from './accounts/admin-keys/admin-keys.repository.js';
import { AdminKeysService } from './accounts/admin-keys/admin-keys.service.js';
import { AuditService } from './billing/audit/audit.service.js';
import { RebuildService } from './billing/audit/rebuild.service.js';
import { ExportsService } from './billing/exports/exports.service.js';
import { ReportsRepository } from './billing/exports/reports.repository.js';
import { LedgerRepository } from './billing/ledger/ledger.repository.js';
import { LedgerService } from './billing/ledger/ledger.service.js';
import { BookedUsageRepository } from './billing/reconciliation/booked-usage.repository.js';
import { ReconciliationService } from './billing/reconciliation/reconciliation.service.js';
import { StatementsRepository } from './billing/reconciliation/statements.repository.js';
import { AuditLogRepository } from './platform/audit/audit-log.repository.js';
import { CatalogModule } from './catalog/catalog.module.js';
import { LitellmImportService } from './catalog/prices/litellm/litellm-import.service.js';
import { PricesRepository } from './catalog/prices/prices.repository.js';
import { PublicationsService } from './catalog/prices/publication/publications.service.js';
import { PastLinesRepository } from './billing/pricing/past-lines.repository.js';
import { PreviewsService } from './billing/pricing/previews.service.js';
import { ConfigModule } from './platform/config/config.module.js';
import { DatabaseModule } from './platform/database/database.module.js';

/** What the command line works with; no listener, no queue. */
@Module({
  imports: [ConfigModule, DatabaseModule, CatalogModule],
  providers: [
    AdminKeysRepository,
    AdminKeysService,
    AuditLogRepository,
    AuditService,
    BookedUsageRepository,
    LedgerRepository,
    LedgerService,
    LitellmImportService,
    PastLinesRepository,
    PreviewsService,
    PricesRepository,
    PublicationsService,
    RebuildService,
    ReconciliationService,
    StatementsRepository,
    ExportsService,
    ReportsRepository,
  ],
})
export class CliModule {}
