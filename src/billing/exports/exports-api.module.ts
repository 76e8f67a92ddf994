import { Module } from '@nestjs/common';
import { QueueModule } from '../../platform/queue/queue.module.js';
import { BILLING_QUEUES } from '../billing.queues.js';
import { BackgroundExportsController } from './background/background-exports.controller.js';
import { DownloadsController } from './background/downloads.controller.js';
import { ExportOrders } from './background/export-orders.service.js';
import { ExportsNudge } from './background/exports-nudge.service.js';
import { ExportsController } from './exports.controller.js';
import { ExportsModule } from './exports.module.js';
import { FocusController } from './focus/focus.controller.js';
import { ReportScope } from './report-scope.repository.js';
import { AccountCodesController } from './reports/account-codes.controller.js';
import { AccountCodesRepository } from './reports/account-codes.repository.js';

/** The doors of reports and exports. */
@Module({
  imports: [ExportsModule, QueueModule.register('producer', [BILLING_QUEUES.exports])],
  controllers: [
    ExportsController,
    FocusController,
    BackgroundExportsController,
    DownloadsController,
    AccountCodesController,
  ],
  providers: [ReportScope, ExportOrders, ExportsNudge, AccountCodesRepository],
})
export class ExportsApiModule {}
