import { Module } from '@nestjs/common';
import { AuditLogRepository } from '../../platform/audit/audit-log.repository.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { RollupRepository } from '../rollup/rollup.repository.js';
import { RollupService } from '../rollup/rollup.service.js';
import { CommitmentsRepository } from './commitments/commitments.repository.js';
import { CommitmentsService } from './commitments/commitments.service.js';
import { CommittedMonthsRepository } from './commitments/committed-months.repository.js';
import { CreditNoteBooksService } from './credit-notes/credit-note-books.service.js';
import { CreditNotesRepository } from './credit-notes/credit-notes.repository.js';
import { CreditNotesService } from './credit-notes/credit-notes.service.js';
import { DraftsRepository } from './drafts.repository.js';
import { DraftsService } from './drafts.service.js';
import { CollectionStepService } from './dunning/collection-step.service.js';
import { CollectionService } from './dunning/collection.service.js';
import { DunningRepository } from './dunning/dunning.repository.js';
import { FinalizationService } from './finalization.service.js';
import { InvoiceBooksService } from './invoice-books.service.js';
import { InvoiceEndingService } from './invoice-ending.service.js';
import { InvoicePartsRepository } from './invoice-parts.repository.js';
import { InvoicePaymentsRepository } from './invoice-payments.repository.js';
import { InvoicePaymentsService } from './invoice-payments.service.js';
import { InvoiceReadsService } from './invoice-reads.service.js';
import { InvoiceVoidsService } from './invoice-voids.service.js';
import { InvoicesRepository } from './invoices.repository.js';
import { PackageUsageRepository } from './packages/package-usage.repository.js';
import { PeriodsRepository } from './periods/periods.repository.js';
import { PeriodsService } from './periods/periods.service.js';
import { ReceiptsRepository } from './receipts/receipts.repository.js';
import { ReceiptsService } from './receipts/receipts.service.js';
import { ThresholdBillingRepository } from './threshold/threshold-billing.repository.js';
import { ThresholdBilling } from './threshold/threshold-billing.service.js';

const SERVICES = [
  AuditLogRepository,
  RollupRepository,
  RollupService,
  InvoicesRepository,
  InvoicePartsRepository,
  InvoicePaymentsRepository,
  CommitmentsRepository,
  CommitmentsService,
  CommittedMonthsRepository,
  PackageUsageRepository,
  DraftsRepository,
  DraftsService,
  DunningRepository,
  InvoicePaymentsService,
  InvoiceBooksService,
  InvoiceVoidsService,
  InvoiceEndingService,
  InvoiceReadsService,
  FinalizationService,
  CreditNotesRepository,
  CreditNoteBooksService,
  CreditNotesService,
  CollectionStepService,
  CollectionService,
  ReceiptsRepository,
  ReceiptsService,
  PeriodsRepository,
  PeriodsService,
  ThresholdBillingRepository,
  ThresholdBilling,
];

/** Periods, invoices, credit notes and their collection: one of each per process. */
@Module({ imports: [PaymentsModule], providers: SERVICES, exports: SERVICES })
export class InvoicingModule {}
