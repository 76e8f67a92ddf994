import { Module } from '@nestjs/common';
import { AuditController } from './audit/audit.controller.js';
import { AuditService } from './audit/audit.service.js';
import { CorrectionsApiModule } from './corrections/corrections-api.module.js';
import { CreditRevocation } from './credits/credit-revocation.service.js';
import { CreditsController } from './credits/credits.controller.js';
import { CreditsRepository } from './credits/credits.repository.js';
import { CreditsService } from './credits/credits.service.js';
import { ExportsApiModule } from './exports/exports-api.module.js';
import { InvoicingApiModule } from './invoicing/invoicing-api.module.js';
import { NotificationsApiModule } from './notifications/notifications-api.module.js';
import { PaymentsApiModule } from './payments/payments-api.module.js';
import { TopUpsApiModule } from './topups/top-ups-api.module.js';
import { KeyAccountController } from './key-account/key-account.controller.js';
import { KeyAccountRepository } from './key-account/key-account.repository.js';
import { NewApiController } from './key-account/new-api.controller.js';
import { LedgerController } from './ledger/ledger.controller.js';
import { LedgerReadsRepository } from './ledger/ledger-reads.repository.js';
import { LedgerRepository } from './ledger/ledger.repository.js';
import { LedgerService } from './ledger/ledger.service.js';
import { RequestsController } from './usage/requests.controller.js';
import { RequestsRepository } from './usage/requests.repository.js';
import { PricingApiModule } from './pricing/pricing-api.module.js';
import { ReconciliationApiModule } from './reconciliation/reconciliation-api.module.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageRepository } from './usage/usage.repository.js';

/** The doors of the money walk: credits, payments, top-ups, usage, requests, reports and the books checks. */
@Module({
  imports: [
    NotificationsApiModule,
    PaymentsApiModule,
    TopUpsApiModule,
    InvoicingApiModule,
    CorrectionsApiModule,
    PricingApiModule,
    ReconciliationApiModule,
    ExportsApiModule,
  ],
  controllers: [
    CreditsController,
    UsageController,
    RequestsController,
    KeyAccountController,
    NewApiController,
    AuditController,
    LedgerController,
  ],
  providers: [
    LedgerRepository,
    LedgerService,
    LedgerReadsRepository,
    CreditsRepository,
    CreditsService,
    CreditRevocation,
    UsageRepository,
    RequestsRepository,
    KeyAccountRepository,
    AuditService,
  ],
})
export class BillingApiModule {}
