import { Module } from '@nestjs/common';
import { CommitmentsController } from './commitments/commitments.controller.js';
import { CreditNotesController } from './credit-notes/credit-notes.controller.js';
import { InvoicesController } from './invoices.controller.js';
import { InvoicingModule } from './invoicing.module.js';
import { PartiesController } from './parties/parties.controller.js';
import { PartiesRepository } from './parties/parties.repository.js';
import { PartiesService } from './parties/parties.service.js';
import { PeriodsController } from './periods/periods.controller.js';
import { StatementsController } from './statement/statements.controller.js';
import { StatementsRepository } from './statement/statements.repository.js';
import { ThresholdBillingController } from './threshold/threshold-billing.controller.js';

/** The doors of periods, invoices and credit notes. */
@Module({
  imports: [InvoicingModule],
  controllers: [
    PeriodsController,
    InvoicesController,
    CommitmentsController,
    CreditNotesController,
    PartiesController,
    StatementsController,
    ThresholdBillingController,
  ],
  providers: [PartiesRepository, PartiesService, StatementsRepository],
})
export class InvoicingApiModule {}
