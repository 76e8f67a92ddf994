import { Module } from '@nestjs/common';
import { AdminKeysRepository } from './accounts/admin-keys/admin-keys.repository.js';
import { AdminKeysService } from './accounts/admin-keys/admin-keys.service.js';
import { AuditService } from './billing/audit/audit.service.js';
import { ExportsService } from './billing/exports/exports.service.js';
import { UsageReportRepository } from './billing/exports/usage-report.repository.js';
import { AuditLogRepository } from './platform/audit/audit-log.repository.js';
import { ConfigModule } from './platform/config/config.module.js';
import { DatabaseModule } from './platform/database/database.module.js';

/** What the command line works with; no listener, no queue. */
@Module({
  imports: [ConfigModule, DatabaseModule],
  providers: [
    AdminKeysRepository,
    AdminKeysService,
    AuditLogRepository,
    AuditService,
    ExportsService,
    UsageReportRepository,
  ],
})
export class CliModule {}
