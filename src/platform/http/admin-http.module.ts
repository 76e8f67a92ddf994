import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuditLogRepository } from '../audit/audit-log.repository.js';
import { IdempotencyRepository } from './idempotency.repository.js';
import { ProblemFilter } from './problem.filter.js';

/**
 * What every admin and finance controller stands on. The filter is the application's last resort too: unknown
 * routes and refused bodies reach no controller.
 */
@Global()
@Module({
  providers: [IdempotencyRepository, AuditLogRepository, { provide: APP_FILTER, useClass: ProblemFilter }],
  exports: [IdempotencyRepository, AuditLogRepository],
})
export class AdminHttpModule {}
