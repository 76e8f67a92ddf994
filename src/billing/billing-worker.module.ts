import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { AuditLogRepository } from '../platform/audit/audit-log.repository.js';
import { QueueModule } from '../platform/queue/queue.module.js';
import { WakeUpProcessor } from '../platform/queue/wake-up.processor.js';
import { AuditProcessor } from './audit/audit.processor.js';
import { AuditService } from './audit/audit.service.js';
import { NightlyAudit } from './audit/nightly-audit.service.js';
import { BillingSchedules } from './billing-schedules.service.js';
import { assertOneProcessorEach, BILLING_QUEUES } from './billing.queues.js';
import { CleanupProcessor } from './cleanup/cleanup.processor.js';
import { CleanupRepository } from './cleanup/cleanup.repository.js';
import { CleanupService } from './cleanup/cleanup.service.js';
import { CorrectionSettlementProcessor } from './corrections/correction-settlement.processor.js';
import { CorrectionsModule } from './corrections/corrections.module.js';
import { CreditsRepository } from './credits/credits.repository.js';
import { ExpiryProcessor } from './credits/expiry.processor.js';
import { ExpiryService } from './credits/expiry.service.js';
import { ExportsProcessor } from './exports/background/exports.processor.js';
import { ExportsModule } from './exports/exports.module.js';
import { CostDriftRepository } from './reconciliation/cost-drift.repository.js';
import { HoldsRepository } from './holds/holds.repository.js';
import { SweepProcessor } from './holds/sweep.processor.js';
import { SWEEP_QUIET_MS, SweepService } from './holds/sweep.service.js';
import { CollectionProcessor } from './invoicing/dunning/collection.processor.js';
import { FinalizationProcessor } from './invoicing/finalization.processor.js';
import { InvoicingModule } from './invoicing/invoicing.module.js';
import { PeriodCloseProcessor } from './invoicing/periods/period-close.processor.js';
import { LedgerRepository } from './ledger/ledger.repository.js';
import { LedgerService } from './ledger/ledger.service.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { NotificationsProcessor } from './notifications/notifications.processor.js';
import { PaymentPollProcessor } from './payments/payment-poll.processor.js';
import { PaymentsModule } from './payments/payments.module.js';
import { ProbeCostsProcessor } from './probes/probe-costs.processor.js';
import { ProbeCostsRepository } from './probes/probe-costs.repository.js';
import { ProbeCostsService } from './probes/probe-costs.service.js';
import { RollupProcessor } from './rollup/rollup.processor.js';
import { RollupRepository } from './rollup/rollup.repository.js';
import { RollupService } from './rollup/rollup.service.js';
import { AutoTopUpProcessor } from './topups/auto-top-up.processor.js';
import { TopUpsModule } from './topups/top-ups.module.js';

const QUEUES = Object.values(BILLING_QUEUES);
const PROCESSORS = [
  RollupProcessor,
  SweepProcessor,
  ExpiryProcessor,
  PeriodCloseProcessor,
  FinalizationProcessor,
  CollectionProcessor,
  CorrectionSettlementProcessor,
  AuditProcessor,
  CleanupProcessor,
  PaymentPollProcessor,
  AutoTopUpProcessor,
  NotificationsProcessor,
  ExportsProcessor,
  ProbeCostsProcessor,
];

/** The money walk's work, for the worker process. Refuses to start unless each queue has one processor. */
@Module({
  imports: [
    DiscoveryModule,
    QueueModule.register('worker', QUEUES),
    NotificationsModule,
    PaymentsModule,
    TopUpsModule,
    InvoicingModule,
    CorrectionsModule,
    ExportsModule,
  ],
  providers: [
    ...PROCESSORS,
    BillingSchedules,
    AuditLogRepository,
    LedgerRepository,
    LedgerService,
    RollupRepository,
    RollupService,
    CreditsRepository,
    ExpiryService,
    HoldsRepository,
    SweepService,
    { provide: SWEEP_QUIET_MS, useValue: 60_000 },
    AuditService,
    CostDriftRepository,
    NightlyAudit,
    CleanupRepository,
    CleanupService,
    ProbeCostsRepository,
    ProbeCostsService,
  ],
})
export class BillingWorkerModule implements OnApplicationBootstrap {
  constructor(private readonly discovery: DiscoveryService) {}

  onApplicationBootstrap(): void {
    const instances = this.discovery.getProviders().map(({ instance }) => instance as unknown);
    const processors = instances.filter((instance) => instance instanceof WakeUpProcessor);
    assertOneProcessorEach(
      QUEUES,
      processors.map(({ worker }) => worker.name),
    );
  }
}
